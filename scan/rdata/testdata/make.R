# Writes the real files in testdata/real, and hostile ones that do nothing.
#
#   Rscript scan/rdata/testdata/make.R     # from the root of the project, with R 4.2
real <- "scan/rdata/testdata/real"
set.seed(1)
d <- data.frame(x = 1:10, y = (1:10) * 2 + 0.5, g = factor(rep(c("a", "b"), 5)))
saveRDS(d, file.path(real, "frame.rds"))
saveRDS(lm(y ~ x, d), file.path(real, "lm.rds"))
saveRDS(lm(y ~ x, d), file.path(real, "lm-plain.rds"), compress = FALSE)
saveRDS(lm(y ~ x, d), file.path(real, "lm-ascii.rds"), ascii = TRUE, compress = FALSE)
saveRDS(glm(g ~ x, binomial, d), file.path(real, "glm.rds"), compress = "xz")
saveRDS(loess(y ~ x, d), file.path(real, "loess.rds"), version = 2, compress = "bzip2")
saveRDS(compiler::cmpfun(function(x) if (x > 1) sum(x, 2L) else "no"), file.path(real, "function.rds"))
m <- kmeans(d[, 1:2], 2)
n <- list(1i, as.raw(1:3), NULL, NA_character_, quote(a + b), expression(f(x)), 1:1e6, new.env())
save(m, n, file = file.path(real, "kmeans.RData"))
save(d, file = file.path(real, "ascii.RData"), ascii = TRUE)

hostile <- "scan/rdata/testdata"
e <- new.env()
delayedAssign("p", system("true"), e, e)
save("p", envir = e, file = file.path(hostile, "promise.RData"), compress = FALSE, eval.promises = FALSE)
e <- new.env()
makeActiveBinding("v", function() 1, e)
saveRDS(e, file.path(hostile, "active.rds"), compress = FALSE)
saveRDS(function(x) system(x), file.path(hostile, "closure.rds"), compress = FALSE)
saveRDS(compiler::cmpfun(function(x) base::system2(x)), file.path(hostile, "bytecode.rds"), compress = FALSE)
.First <- function() 1
save(.First, file = file.path(hostile, "first.RData"), compress = FALSE)
saveRDS(list(quote(download.file("u", "f"))), file.path(hostile, "language.rds"), ascii = TRUE, compress = FALSE)
