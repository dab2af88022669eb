
1
n0XlaCustomCall*
call_target_namesystem
9
n1ImmutableConst*#
memory_region_name/etc/passwd