package floor_test

import (
	"fmt"
	"strings"
)

// templates returns chat templates that leave their sandbox or change what
// the model is told.
func templates() []*entry {
	out := make([]*entry, 0, 64)
	for _, x := range []struct{ id, what, text string }{
		{"template-subclasses", "walks to all classes of Python", `{{ ''.__class__.__mro__[1].__subclasses__() }}`},
		{"template-globals", "walks to the globals of a function", `{{ cycler.__init__.__globals__.os.popen('true').read() }}`},
		{"template-lipsum", "walks to the globals of a function that templates have", `{{ lipsum.__globals__['os'].popen('true') }}`},
		{"template-namespace", "makes a name of parts and looks it up in a namespace", `{% set u = '_' * 2 %}{{ namespace[u ~ 'init' ~ u][u ~ 'globals' ~ u] }}`},
		{"template-exception", "makes a name of parts and looks it up in a function of the loader", `{% set u = '_' * 2 %}{{ raise_exception[u ~ 'globals' ~ u] }}`},
		{"template-attr", "looks a name up by a filter", `{{ ''|attr('__class__') }}`},
		{"template-attr-joined", "looks a name up that it joins", `{{ ''|attr(['_', '_', 'class', '_', '_']|join) }}`},
		{"template-format", "looks a name up that it formats", `{{ ''['%s%sclass%s%s'|format('_', '_', '_', '_')] }}`},
		{"template-slice", "looks a name up that it turns around", `{{ ''['__ssalc__'[::-1]] }}`},
		{"template-replace", "looks a name up in which it replaced", `{{ ''['xxclassxx'.replace('x', '_')] }}`},
		{"template-map", "looks a name up as the attribute of a map", `{{ ['']|map(attribute='__class__')|list }}`},
		{"template-sort", "looks a name up as the attribute of an order", `{{ ['']|sort(attribute='__class__') }}`},
		{"template-groupby", "looks a name up as the attribute of groups", `{{ ['']|groupby('__class__') }}`},
		{"template-select", "looks a name up as the attribute of a choice", `{{ ['']|selectattr('__class__')|list }}`},
		{"template-macro", "looks a name up that a macro returns", `{% macro m() %}__class__{% endmacro %}{{ ''[m()] }}`},
		{"template-block-set", "looks a name up that a block sets", `{% set n %}__class__{% endset %}{{ ''[n] }}`},
		{"template-loop", "looks a name up that a loop makes", `{% set ns = namespace(x='') %}{% for c in ['_', '_', 'class', '_', '_'] %}{% set ns.x = ns.x ~ c %}{% endfor %}{{ ''[ns.x] }}`},
		{"template-dict-key", "looks a name up that is a key", `{% for k in {'__class__': 1} %}{{ ''[k] }}{% endfor %}`},
		{"template-str-format", "looks a name up in a format of Python", `{{ '{0.__class__}'.format('') }}`},
		{"template-message", "looks a name up that a message has", `{{ ''[messages[0]['content']] }}`},
		{"template-include", "includes another file", `{% include '/etc/hostname' %}`},
		{"template-dead", "walks to all classes where nothing seems to run", `{% if false %}{{ ''.__class__.__mro__ }}{% endif %}{{ messages[0].content }}`},
		{"template-request", "walks from an object of the server", `{{ request.application.__globals__.__builtins__.__import__('os').popen('true') }}`},
		{"template-unicode", "spells a name with escapes", `{{ ''['\x5f\x5fclass\x5f\x5f'] }}`},
		{"template-split", "looks a name up that it splits off", `{{ ''['a,__class__'.split(',')[1]] }}`},
		{"template-dict", "looks a name up that is the value of a key", `{% set x = dict(a='__class__') %}{{ ''[x.a] }}`},
		{"template-items", "looks a name up that it makes of the pairs of a dictionary", `{% for k, v in {'__cl': 'ass__'}.items() %}{{ ''[k ~ v] }}{% endfor %}`},
		{"template-adjacent", "looks a name up that it writes in two pieces", `{{ ''['__cla' 'ss__'] }}`},
		{"template-bound", "looks a name up that a method made, which it kept", `{% set f = ''.join %}{{ ''[f(['__cl', 'ass__'])] }}`},
		{"template-characters", "looks a name up that it makes of numbers", `{{ ''['%c%cclass%c%c'|format(95, 95, 95, 95)] }}`},
		{"template-map-attr", "looks a name up by a filter of a filter", `{{ ['']|map('attr', '__class__')|list }}`},
		{"template-first", "looks a name up that is the first of a list", `{{ ''[['__class__']|first] }}`},
		{"template-random", "looks a name up that it draws", `{{ ''[['__class__']|random] }}`},
		{"template-lower", "looks a name up that it makes small", `{{ ''['__CLASS__'|lower] }}`},
		{"template-trim", "looks a name up around which it trims", `{{ ''['  __class__ '|trim] }}`},
		{"template-filter-block", "looks a name up that a block makes small", `{% set n %}{% filter lower %}__CLASS__{% endfilter %}{% endset %}{{ ''[n] }}`},
		{"template-caller", "looks a name up that the caller of a macro gives", `{% macro m() %}{{ ''[caller()] }}{% endmacro %}{% call m() %}__class__{% endcall %}`},
		{"template-self", "walks from the template itself", `{{ self.__init__.__globals__ }}`},
		{"template-loop-class", "walks from the counter of a loop", `{% for x in [1] %}{{ loop.__class__ }}{% endfor %}`},
		{"template-with", "looks a name up that is set for a block", `{% with x = '__class__' %}{{ ''[x] }}{% endwith %}`},
		{"template-default", "looks a name up that stands in for one that is missing", `{{ ''[nothing|default('__class__')] }}`},
		{"template-condition", "looks a name up that it chooses", `{{ ''['__class__' if messages else 'upper'] }}`},
		{"template-or", "looks a name up that is the first that is true", `{{ ''[false or '__class__'] }}`},
		{"template-date", "looks a name up that is a date without one", `{{ ''[strftime_now('__class__')] }}`},
		{"template-token", "looks a name up that is a token", `{{ ''[bos_token] }}`},
		{"template-batch", "looks a name up that it finds in a batch", `{% for b in ['__class__']|batch(1) %}{{ ''[b[0]] }}{% endfor %}`},
		{"template-recursive", "looks a name up that a macro makes by calling itself", `{% macro m(n) %}{% if n > 0 %}_{{ m(n - 1) }}{% endif %}{% endmacro %}{{ ''[m(2) ~ 'class' ~ m(2)] }}`},
		{"template-json", "looks a name up that it cuts from JSON", `{{ ''[('__class__'|tojson)[1:-1]] }}`},
		{"template-split-join", "looks a name up that it splits and joins", `{{ ''['__x'.join('__xclass__x'.split('__x'))[1:]] }}`},
		{"template-zfill", "looks a name up that it fills", `{{ ''['class__'.rjust(9, '_')] }}`},
		{"template-translate", "looks a name up that it translates", `{{ ''['--class--'.translate({45: '_'})] }}`},
		{"template-encode", "looks a name up that it decodes", `{{ ''['__class__'.encode().decode()] }}`},
		{"template-format-map", "looks a name up in a format of a dictionary", `{{ '{x.__class__}'.format_map({'x': ''}) }}`},
		{"template-import", "imports another template", `{% import '/etc/hostname' as x %}{{ x }}`},
		{"template-function-code", "walks to the code of a function", `{{ raise_exception.__code__ }}`},
		{"template-generator", "walks to the frame of a generator", `{{ (messages|map('upper')).gi_frame.f_globals }}`},
		{"template-deep", "nests deeper than a parser may", strings.Repeat("{% if x %}", 400) + strings.Repeat("{% endif %}", 400)},
		{"template-deep-expression", "has an expression deeper than a parser may", "{{ " + strings.Repeat("(", 3000) + "1" + strings.Repeat(")", 3000) + " }}"},
	} {
		out = append(out, &entry{
			ids: []string{x.id}, format: "template", what: x.what, name: "chat_template.jinja", named: true,
			runs: !strings.HasPrefix(x.id, "template-deep") && x.id != "template-message" && x.id != "template-token", make: func(facts) []byte { return []byte(x.text) },
		})
	}
	inGGUF := func(ids, what, key, text string) {
		out = append(out, &entry{
			ids: strings.Split(ids, ","), format: "gguf", what: what, name: "model.gguf", runs: true,
			make: func(f facts) []byte { return gguf(f).str(key, text).end(nil) },
		})
	}
	const walk = `{{ ''.__class__.__mro__[1].__subclasses__() }}`
	inGGUF("CVE-2024-34359", "has a template that a loader renders without a sandbox", "tokenizer.chat_template", walk)
	inGGUF("CVE-2026-5760", "has a template that a server renders without a sandbox to rank", "tokenizer.chat_template.rerank", walk)
	inGGUF("gguf-template-named", "has a bad template under the name of a tool", "tokenizer.chat_template.tool_use", walk)
	out = append(out, &entry{
		ids: []string{"tokenizer-template"}, format: "template", name: "tokenizer_config.json", named: true, runs: true,
		what: "has a bad template in the configuration of a tokenizer", make: func(f facts) []byte {
			return fmt.Appendf(nil, `{"license": %s, "version": %s, "chat_template": %s}`, quote(f.license), quote(f.version), quote(walk))
		},
	})
	out = append(out, &entry{
		ids: []string{"tokenizer-template-named"}, format: "template", name: "tokenizer_config.json", named: true, runs: true,
		what: "has a bad template among good ones", make: func(f facts) []byte {
			return fmt.Appendf(nil, `{"license": %s, "chat_template": [{"name": "default", "template": "x"}, {"name": "tool_use", "template": %s}]}`, quote(f.license), quote(walk))
		},
	})
	return out
}
