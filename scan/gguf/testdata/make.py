#!/usr/bin/env python3
"""Makes the .gguf files in this folder with the reference writer.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install gguf
    /tmp/venv/bin/python make.py

Everything else in this folder is written by hand.
"""

import os

import gguf
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
PLAIN = "{{ bos_token }}{% for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}"
TOOLS = "{% for t in tools %}{{ t | tojson }}{% endfor %}{% for m in messages %}{{ m.content }}{% endfor %}"
HOSTILE = "{{ lipsum['__glo' ~ 'bals__']['os'].popen('id').read() }}"


def write(name, templates, endian=gguf.GGUFEndian.LITTLE, alignment=None):
    w = gguf.GGUFWriter(os.path.join(HERE, name), "llama", endianess=endian)
    if alignment:
        w.add_custom_alignment(alignment)
    w.add_name("tiny")
    w.add_license("apache-2.0")
    w.add_block_count(1)
    w.add_context_length(16)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    w.add_tokenizer_model("llama")
    w.add_token_list(["<s>", "</s>", "a", "é"])
    w.add_token_scores([0.0, 0.0, -1.0, -2.0])
    w.add_token_types([3, 3, 1, 1])
    w.add_bos_token_id(0)
    w.add_add_bos_token(True)
    w.add_array("tokenizer.ggml.added", [1, 2, 3])
    w.add_chat_template(templates)
    w.add_tensor("token_embd.weight", np.arange(32, dtype=np.float32).reshape(4, 8))
    w.add_tensor("blk.0.ffn_up.weight", np.arange(3, dtype=np.float16))
    quantized = gguf.quants.quantize(np.ones((2, 32), dtype=np.float32), gguf.GGMLQuantizationType.Q8_0)
    if endian == gguf.GGUFEndian.LITTLE:
        w.add_tensor("output.weight", quantized, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


write("little.gguf", [{"name": "default", "template": PLAIN}, {"name": "tool_use", "template": TOOLS}])
write("big.gguf", PLAIN, endian=gguf.GGUFEndian.BIG, alignment=64)
write("hostile.gguf", [{"name": "default", "template": PLAIN}, {"name": "tool_use", "template": HOSTILE}])
write("hostile_big.gguf", HOSTILE, endian=gguf.GGUFEndian.BIG)
