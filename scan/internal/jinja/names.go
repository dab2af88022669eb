package jinja

import "strings"

// set returns the words of a text.
func set(words string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

var (
	// internals are attributes of Python's objects that lead out of a template
	// and do not begin with an underscore.
	internals = set(`mro func_globals func_code func_closure func_dict func_defaults func_name im_func im_self im_class
		gi_frame gi_code gi_yieldfrom cr_frame cr_code cr_await cr_origin ag_frame ag_code ag_await
		f_globals f_locals f_builtins f_back f_code f_trace tb_frame tb_next co_code co_consts co_names`)

	// hosts are names that only other surroundings than a chat runtime have.
	hosts = set(`request url_for get_flashed_messages current_app application os sys subprocess importlib builtins
		getattr setattr eval exec compile open globals locals vars import __import__ __builtins__ __loader__ __spec__`)

	// builtins are the functions that chat runtimes offer.
	builtins = set(`range dict lipsum cycler joiner namespace raise_exception strftime_now self super caller`)

	// runners are methods that run commands or code or touch files.
	runners = set(`popen Popen system exec eval execfile compile spawn fork execv execve run check_output check_call getoutput
		getstatusoutput import_module load_module find_spec exec_module open read readlines write listdir scandir walk remove
		unlink rmdir rename connect urlopen request get_data loads load`)

	// methods are those of texts, lists, dicts and dates, and of the objects
	// that runtimes offer.
	methods = set(`capitalize casefold center count encode decode endswith expandtabs find index isalnum isalpha isascii isdecimal
		isdigit isidentifier islower isnumeric isspace istitle isupper join ljust lower lstrip partition removeprefix
		removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title
		upper zfill format format_map translate maketrans
		append clear copy extend insert pop remove reverse sort get items keys values popitem setdefault update fromkeys
		union intersection difference add next reset cycle changed strftime isoformat`)

	macroNames = set("name arguments defaults catch_kwargs catch_varargs caller")

	filters = set(`abs attr batch capitalize center count d default dictsort e escape filesizeformat first float forceescape
		format groupby indent int items join last length list lower map max min pprint random reject rejectattr replace
		reverse round safe select selectattr slice sort string striptags sum title tojson trim truncate unique upper
		urlencode urlize wordcount wordwrap xmlattr from_json fromjson strftime`)

	tests = set(`boolean callable defined divisibleby eq equalto escaped even false filter float ge greaterthan gt in integer
		iterable le lessthan lower lt mapping ne none null number odd sameas sequence string test true undefined upper`)

	// contents are the entries of a message that hold what was said.
	contents = set("content text arguments output thought reasoning_content")

	// labels are entries that say what kind of thing something is.
	labels = set("role type name id")
)

// internal reports whether an attribute is one that Python keeps for itself.
// Names with one underscore in front are so for objects; data can have them.
func internal(name string, object bool) bool {
	name = strings.TrimSpace(name)
	return strings.HasPrefix(name, "__") || object && strings.HasPrefix(name, "_") && name != "_" || internals[name]
}
