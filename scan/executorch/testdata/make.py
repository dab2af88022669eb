#!/usr/bin/env python3
"""Makes the programs in this folder with flatc, the compiler of FlatBuffers.

The schema for it is written from ../schema.txt. Needs flatc (package
flatbuffers-compiler). ExecuTorch itself writes the extended header and the
segments by hand behind the FlatBuffer, and so does this.
"""

import json
import pathlib
import struct
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SCALARS = {"1": "ubyte", "4": "int", "8": "long"}
EVIL = b"cos\nsystem\n(S'true'\ntR."


def schema():
    out, unions, of = [], [], {"val": "KernelTypes", "instr_args": "InstructionArguments"}
    body, name = None, ""
    for line in (HERE.parent / "schema.txt").read_text().splitlines():
        if line.endswith(":"):
            name = line[:-1]
            body = []
            (unions if name.startswith("union ") else out).append((name, body))
            continue
        w = line.split()
        if w[0] == "#":
            continue
        if name.startswith("union "):
            body.append(w[1])
            continue
        kind, field = w[1], w[2]
        if field.endswith("_type") and kind == "scalar" and field[:-5] in of:
            continue  # a union brings it
        t = {"scalar": lambda: SCALARS[w[3]], "vector": lambda: f"[{SCALARS[w[3]]}]", "string": lambda: "string", "strings": lambda: "[string]",
             "table": lambda: w[3], "tables": lambda: f"[{w[3]}]", "union": lambda: of[field]}[kind]()
        body.append(f"{field}:{t};")
    return ("".join(f"{n} {{ {', '.join(b)} }}\n" for n, b in unions) + "".join(f"table {n} {{ {' '.join(b)} }}\n" for n, b in out)
            + 'root_type Program;\nfile_identifier "ET12";\n')


def build(program):
    with tempfile.TemporaryDirectory() as d:
        d = pathlib.Path(d)
        (d / "p.fbs").write_text(schema())
        (d / "p.json").write_text(json.dumps(program))
        subprocess.run(["flatc", "-b", "-o", d, d / "p.fbs", d / "p.json"], check=True)
        return (d / "p.bin").read_bytes()


def save(name, program, segments=(), header=True, base=None, size=None):
    fb = build(program)
    if not header:
        return (HERE / name).write_bytes(fb)
    root = struct.unpack_from("<L", fb)[0]
    n = 32
    head = 8 + n
    head += -head % 16
    # What stands behind the identifier moves as a whole, so offsets in it hold.
    body = struct.pack("<L", root + head - 8) + fb[4:8]
    at = head - 8 + len(fb)
    base_at = at + -at % 16 if base is None else base
    body += b"eh00" + struct.pack("<LQQQ", n, at if size is None else size, base_at if segments else 0, sum(map(len, segments)))
    body = body.ljust(head, b"\0") + fb[8:]
    if segments:
        body = body.ljust(base_at, b"\0")
        for s in segments:
            body += s + bytes(-len(s) % 16)
    return (HERE / name).write_bytes(body)


def tensor(**more):
    return {"val_type": "Tensor", "val": {"scalar_type": 6, "sizes": [2, 2], "dim_order": [0, 1]} | more}


def program(**more):
    plan = {"name": "forward", "container_meta_type": {"encoded_inp_str": "a", "encoded_out_str": "b"},
            "values": [tensor(), tensor(data_buffer_idx=1), {"val_type": "Int", "val": {"int_val": 1}},
                       {"val_type": "OptionalTensorList", "val": {"items": [0, -1]}}, {"val_type": "Null", "val": {}}],
            "inputs": [0], "outputs": [0], "operators": [{"name": "aten::add", "overload": "out"}], "delegates": [],
            "chains": [{"inputs": [], "outputs": [], "instructions": [
                {"instr_args_type": "KernelCall", "instr_args": {"op_index": 0, "args": [0, 1, 2, 0]}},
                {"instr_args_type": "JumpFalseCall", "instr_args": {"cond_value_index": 2, "destination_instruction": 2}}]}],
            "non_const_buffer_sizes": [0, 32]}
    top = {"version": 0, "execution_plan": [plan], "segments": [{"offset": 0, "size": 16}], "constant_segment": {"segment_index": 0, "offsets": [0, 0]}}
    for key, value in more.items():
        (top if key in ("segments", "constant_segment", "mutable_data_segments", "named_data", "constant_buffer", "backend_delegate_data") else plan)[key] = value
    return top


WEIGHTS = struct.pack("<4f", 1, 2, 3, 4)


def delegate(id, location=1, index=0, **more):
    return {"id": id, "processed": {"location": location, "index": index}, "compile_specs": [{"key": "k", "value": [1]}]} | more


save("ok.pte", program(), [WEIGHTS])
save("ok_old.pte", program(segments=[], constant_segment={"segment_index": 0, "offsets": []}, constant_buffer=[{"storage": []}, {"storage": list(WEIGHTS)}]), header=False)
save("ok_delegate.pte", program(delegates=[delegate("XnnpackBackend", 1, 1)], segments=[{"offset": 0, "size": 16}, {"offset": 16, "size": 8}],
                               named_data=[{"key": "w", "segment_index": 1}]), [WEIGHTS, b"XH00data"])
save("native.pte", program(delegates=[delegate("CudaBackend", 1, 1)], segments=[{"offset": 0, "size": 16}, {"offset": 16, "size": 8}]), [WEIGHTS, b"\x7fELF\2\1\1\0"])
save("compiled.pte", program(delegates=[delegate("QnnBackend", 1, 0)]), [WEIGHTS])
save("foreign.pte", program(delegates=[delegate("MyBackend", 0, 0)], backend_delegate_data=[{"data": [1, 2]}], operators=[{"name": "mine::run"}]), [WEIGHTS])
save("files.pte", program(operators=[{"name": "aten::from_file", "overload": "out"}]), [WEIGHTS])
save("indexes.pte", program(inputs=[9], delegates=[delegate("XnnpackBackend", 1, 5), delegate("XnnpackBackend", 0, 0)], chains=[{"instructions": [
    {"instr_args_type": "KernelCall", "instr_args": {"op_index": 3, "args": [-2]}},
    {"instr_args_type": "DelegateCall", "instr_args": {"delegate_index": 7}},
    {"instr_args_type": "MoveCall", "instr_args": {"move_from": 0, "move_to": 99}},
    {"instr_args_type": "JumpFalseCall", "instr_args": {"destination_instruction": 50}},
    {"instr_args_type": "FreeCall", "instr_args": {"value_index": -1}}]}], named_data=[{"key": "w", "segment_index": 1}]), [WEIGHTS])
save("segment.pte", program(segments=[{"offset": 0, "size": 1 << 40}]), [WEIGHTS])
save("subsegment.pte", program(constant_segment={"segment_index": 0, "offsets": [0, 17]}), [WEIGHTS])
save("subsegment_index.pte", program(constant_segment={"segment_index": 4, "offsets": [0]}), [WEIGHTS])
save("tensors.pte", program(values=[tensor(sizes=[2, -2]), tensor(sizes=[1 << 30, 1 << 30, 1 << 30], dim_order=[0, 1, 2]), tensor(dim_order=[0]), tensor(data_buffer_idx=9),
                                    tensor(data_buffer_idx=1, sizes=[5, 2]), tensor(scalar_type=99), tensor(data_buffer_idx=1, allocation_info={"memory_id": 1}),
                                    tensor(extra_tensor_info={"fully_qualified_name": "w", "location": 1})]), [WEIGHTS])
save("hidden.pte", program(segments=[{"offset": 0, "size": 16}, {"offset": 16, "size": len(EVIL)}]), [WEIGHTS, EVIL])
save("gap.pte", program(), [WEIGHTS, EVIL])
save("header.pte", program(), [WEIGHTS], size=1 << 40)
save("overlap.pte", program(segments=[{"offset": 0, "size": 16}, {"offset": 8, "size": 8}]), [WEIGHTS])
