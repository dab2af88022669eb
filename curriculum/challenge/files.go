package challenge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

var pickle = &Challenge{
	ID: "pickle", Title: "Name what a pickle would call", Minutes: 3,
	Skills: []string{"an-malware", "br-artifacts"}, build: buildPickle,
}

func buildPickle(r *rand.Rand, in *Instance) {
	bad := [][2]string{{"posix", "system"}, {"subprocess", "getoutput"}, {"builtins", "exec"}, {"runpy", "run_path"}, {"webbrowser", "open"}, {"nt", "system"}}[r.IntN(6)]
	harmless := pick(r, [][2]string{{"collections", "OrderedDict"}, {"torch._utils", "_rebuild_tensor_v2"}, {"torch", "FloatStorage"}, {"numpy", "dtype"}}, 2)
	at, memo := r.IntN(40)*4, 0
	var show table
	op := func(size int, format string, args ...any) int {
		here := at
		show.line("%5d: %s", here, fmt.Sprintf(format, args...))
		at += size
		return here
	}
	op(2, "PROTO        4")
	load := func(mod, name string) (remembered int) {
		op(2+len(mod), "SHORT_BINUNICODE '%s'", mod)
		op(1, "MEMOIZE      (as %d)", memo)
		op(2+len(name), "SHORT_BINUNICODE '%s'", name)
		op(1, "MEMOIZE      (as %d)", memo+1)
		memo += 2
		return memo - 2
	}
	// The words of the gadget are put away first and fetched when nobody looks.
	key := load(bad[0], bad[1])
	op(1, "POP")
	op(1, "POP")
	for _, g := range harmless {
		load(g[0], g[1])
		op(1, "STACK_GLOBAL")
		op(1, "EMPTY_TUPLE")
		op(1, "REDUCE")
		op(1, "POP")
	}
	op(2, "BINGET       %d", key)
	op(2, "BINGET       %d", key+1)
	op(1, "STACK_GLOBAL")
	arg := "/tmp/" + tags(r, 1, "job", "cache", "step")[0]
	op(2+len(arg), "SHORT_BINUNICODE '%s'", arg)
	op(1, "TUPLE1")
	call := op(1, "REDUCE")
	op(1, "STOP")
	in.Intro = "A model file is a pickle: a small program for a stack machine. STACK_GLOBAL takes a module and a name from the stack and imports it, REDUCE calls it. This listing shows one; nothing was run. MEMOIZE remembers the top of the stack, BINGET fetches it again."
	in.Show = show.String()
	in.ask(word("callable", bad[0]+"."+bad[1], "Which callable should never be called by a model file (module.name)?"))
	in.ask(word("offset", strconv.Itoa(call), "At which offset is it called?"))
	in.ask(word("argument", arg, "With which argument?"))
	in.why = "The module and the name were put into the memo at the start and fetched by BINGET before STACK_GLOBAL; the REDUCE after it makes the call. A search for the two words side by side would miss it."
}

var header = &Challenge{
	ID: "header", Title: "Which header lies?", Minutes: 3,
	Skills: []string{"br-artifacts"}, build: buildHeader,
}

func buildHeader(r *rand.Rand, in *Instance) {
	types := []struct {
		name string
		size int
	}{{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I8", 1}, {"I64", 8}}
	names, at, liar := tags(r, 5, "block", "layer", "head"), 0, r.IntN(5)
	var show table
	show.line("tensor        type  shape        from      to")
	var want int
	for i, n := range names {
		ty := types[r.IntN(len(types))]
		rows, cols := 4*(1+r.IntN(16)), 8*(1+r.IntN(16))
		size := rows * cols * ty.size
		end := at + size
		if i == liar {
			want = size
			end += ty.size * cols * (1 + r.IntN(3))
		}
		show.line("%-12s  %-4s  %3d x %-3d  %7d %7d", n, ty.name, rows, cols, at, end)
		at = end
	}
	in.Intro = "A safetensors header says for each tensor its type, its shape and where its bytes lie. F32 has 4 bytes, F16 and BF16 have 2, I8 has 1, I64 has 8. One entry claims more bytes than its shape needs: room for something to hide."
	in.Show = show.String()
	in.ask(word("tensor", names[liar], "Which tensor?"))
	in.ask(word("bytes", strconv.Itoa(want), "How many bytes does its shape need?"))
	in.why = "Rows x columns x bytes of the type must equal to - from. A reader that trusts the shape never looks at the rest."
}

var advisory = &Challenge{
	ID: "advisory", Title: "Which applications does the advisory hit?", Minutes: 4,
	Skills: []string{"an-vuln-mgmt", "ai-bom-signing"}, build: buildAdvisory,
}

func buildAdvisory(r *rand.Rand, in *Instance) {
	apps, models := tags(r, 6, "app"), tags(r, 4, "model")
	base, fixed := models[0], 4+r.IntN(4)
	// models[1] is tuned from the base, models[2] from models[1]; models[3] is unrelated.
	uses := []struct {
		model   string
		version int
		hit     bool
	}{
		{base, fixed - 1 - r.IntN(3), true},
		{base, fixed + r.IntN(3), false},
		{models[1], 1 + r.IntN(9), true},
		{models[2], 1 + r.IntN(9), true},
		{models[3], fixed - 1, false},
		{models[3], 1 + r.IntN(3), false},
	}
	r.Shuffle(len(uses), func(i, j int) { uses[i], uses[j] = uses[j], uses[i] })
	var show table
	show.line("advisory   %s before version %d carries a backdoor;", base, fixed)
	show.line("           what was tuned from it carries it too")
	show.line("")
	tuned := []string{
		fmt.Sprintf("%s   tuned from %s version %d", models[1], base, fixed-1),
		fmt.Sprintf("%s   tuned from %s", models[2], models[1]),
		fmt.Sprintf("%s   trained from nothing", models[3]),
	}
	slices.Sort(tuned)
	show.WriteString(strings.Join(tuned, "\n") + "\n\n")
	var want []string
	for i, u := range uses {
		show.line("%s   uses %s version %d", apps[i], u.model, u.version)
		if u.hit {
			want = append(want, apps[i])
		}
	}
	in.Intro = "An advisory arrives. Your bill of materials lists which application uses which model, and where models came from."
	in.Show = show.String()
	in.ask(list("apps", want, false, "Which applications are affected (all of them, with spaces)?"))
	in.why = "Follow the chain: an application is affected if its model is the named one before the fixed version, or was tuned from it, over any number of steps. The version of a tuned model is its own and says nothing about the base."
}
