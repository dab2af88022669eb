package executorch

import (
	"strings"

	"quintain"
	"quintain/scan/internal/flatbuffer"
)

// spaces are the namespaces of operators that ExecuTorch and its backends
// supply.
var spaces = map[string]bool{
	"aten": true, "prim": true, "executorch_prim": true, "quantized_decomposed": true, "dim_order_ops": true, "llama": true, "et_vk": true,
	"cadence": true, "cortex_m": true, "torchao": true, "coreml": true, "xnnpack": true, "tosa": true, "": true,
}

// graphs are delegates that interpret a graph that the program brings.
var graphs = map[string]bool{"XnnpackBackend": true, "VulkanBackend": true, "MPSBackend": true}

// compiled are delegates that run a program for a chip.
var compiled = map[string]bool{
	"QnnBackend": true, "EthosUBackend": true, "ArmBackend": true, "VGFBackend": true, "NeuropilotBackend": true, "CoreMLBackend": true, "OpenvinoBackend": true,
	"EnnBackend": true, "NXPBackend": true, "NeutronBackend": true,
}

// native are delegates that load a library that the program brings.
var native = map[string]bool{"AotiBackend": true, "CudaBackend": true, "MetalBackend": true}

// plan inspects one method of the model.
func (p *program) plan(o *flatbuffer.Object) error {
	for _, x := range o.Get("operators").Kids {
		if !p.first(o, x) {
			continue
		}
		if err := p.operator(x); err != nil {
			return err
		}
	}
	for _, x := range o.Get("delegates").Kids {
		if !p.first(o, x) {
			continue
		}
		if err := p.delegate(x); err != nil {
			return err
		}
	}
	values := o.Get("values").Kids
	for _, v := range values {
		if !p.first(o, v) {
			continue
		}
		if err := p.value(v, len(values)); err != nil {
			return err
		}
	}
	if err := p.indexes(o, len(values), "inputs", "outputs"); err != nil {
		return err
	}
	for _, c := range o.Get("chains").Kids {
		if !p.first(o, c) {
			continue
		}
		if err := p.indexes(c, len(values), "inputs", "outputs"); err != nil {
			return err
		}
		steps := c.Get("instructions").Kids
		for _, s := range steps {
			for _, x := range s.Get("instr_args").Kids {
				if !p.first(c, x) {
					continue
				}
				if err := p.step(o, x, len(values), len(steps)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// operator judges an operator that a plan uses.
func (p *program) operator(o *flatbuffer.Object) error {
	s, err := p.word(o.Get("name"))
	if err != nil {
		return err
	}
	space, name, ok := strings.Cut(s, "::")
	if !ok {
		space, name = "", s
	}
	switch {
	case name == "from_file" || name == "save" || name == "load":
		p.F.Reportf(quintain.High, o.At, "operator %q reads or writes files", s)
	case !spaces[space]:
		p.F.Reportf(quintain.Medium, o.At, "uses operator %q, which a library of its own supplies", s)
	}
	return nil
}

// delegate judges who runs a part of the program.
func (p *program) delegate(o *flatbuffer.Object) error {
	id, err := p.word(o.Get("id"))
	if err != nil {
		return err
	}
	switch {
	case native[id]:
		p.F.Reportf(quintain.High, o.At, "delegate %q loads a library that the program brings, whose code runs", id)
	case compiled[id]:
		p.F.Doubtf(o.At, "delegate %q runs a compiled program, which is not analyzed", id)
	case !graphs[id]:
		p.F.Reportf(quintain.Medium, o.At, "uses delegate %q, which a library of its own supplies", id)
	}
	for _, d := range o.Get("processed").Kids {
		there := uint64(p.inline)
		if d.Get("location").Num != 0 {
			there = uint64(len(p.segments))
		}
		if n := d.Get("index").Num; n >= there {
			p.F.Reportf(quintain.High, d.At, "the data of delegate %q are part %d of %d", id, n, there)
		}
	}
	return nil
}

// value inspects a value of a plan.
func (p *program) value(o *flatbuffer.Object, values int) error {
	kind := o.Get("val_type").Num
	for _, v := range o.Get("val").Kids {
		switch schemaName(kind) {
		case "Tensor":
			if err := p.tensor(v); err != nil {
				return err
			}
		case "TensorList", "OptionalTensorList":
			if err := p.indexes(v, values, "items"); err != nil {
				return err
			}
		}
	}
	return nil
}

// schemaName returns the name of a kind of values.
func schemaName(kind uint64) string {
	switch kind {
	case 5:
		return "Tensor"
	case 10:
		return "TensorList"
	case 11:
		return "OptionalTensorList"
	}
	return ""
}

// none is the index of no value in a list of optional tensors.
const none = -1

// indexes sees that indexes lead to values.
func (p *program) indexes(o *flatbuffer.Object, values int, names ...string) error {
	for _, name := range names {
		v := o.Get(name)
		for at := v.Off; at < v.Off+v.N; at += 4 {
			n, err := p.Num(at, 4)
			if err != nil {
				return err
			}
			if i := flatbuffer.Signed(n); i != none && (i < 0 || i >= int64(values)) {
				p.F.Reportf(quintain.High, at, "%s name value %d of %d", name, i, values)
				return nil
			}
		}
	}
	return nil
}

// step inspects one instruction.
func (p *program) step(plan, x *flatbuffer.Object, values, steps int) error {
	for _, v := range x.Vals {
		there, what := -1, v.Name
		switch v.Name {
		case "op_index":
			there = len(plan.Get("operators").Kids)
		case "delegate_index":
			there = len(plan.Get("delegates").Kids)
		case "move_from", "move_to", "cond_value_index", "value_index":
			there = values
		case "destination_instruction":
			there = steps + 1 // behind the last one is the end
		}
		if i := flatbuffer.Signed(v.Num); there >= 0 && (i < 0 || i >= int64(there)) {
			p.F.Reportf(quintain.High, x.At, "%s of a step is %d, of %d", what, i, there)
		}
	}
	return p.indexes(x, values, "args")
}
