"""Writes ../../internal/tfops/ops.txt, ../schema.txt and the golden files with TensorFlow 2.21 (CPU).

Usage: python3 make.py   (in this folder)
"""
import os
import shutil
import textwrap

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
from tensorflow.core.framework import graph_debug_info_pb2, op_def_pb2
from tensorflow.core.protobuf import fingerprint_pb2, saved_model_pb2, tensor_bundle_pb2
from tensorflow.python.client import pywrap_tf_session

# Operators that reach outside the graph. Everything else in the registry only computes, keeps
# state in memory, or moves data between devices of the program.
CLASSES = {
    "python": "PyFunc EagerPyFunc PyFuncStateless",
    "native": "XlaCustomCall XlaCustomCallV2",
    "program": "XlaCallModule _XlaRun TPUExecute TPUExecuteAndUpdateVariables DatasetFromGraph",
    "read": "ReadFile MatchingFiles MatchingFilesDataset ExperimentalMatchingFilesDataset WholeFileReader WholeFileReaderV2 "
    "FixedLengthRecordDataset FixedLengthRecordDatasetV2 FixedLengthRecordReader FixedLengthRecordReaderV2 TextLineDataset "
    "TextLineReader TextLineReaderV2 TFRecordDataset TFRecordDatasetV2 TFRecordReader TFRecordReaderV2 LMDBReader LMDBDataset "
    "ExperimentalLMDBDataset CSVDataset CSVDatasetV2 ExperimentalCSVDataset SqlDataset ExperimentalSqlDataset RecordInput LoadDataset "
    "SnapshotDatasetReader SnapshotNestedDatasetReader SnapshotChunkDataset ListSnapshotChunksDataset ImmutableConst LoadAndRemapMatrix",
    "write": "WriteFile SaveDataset SaveDatasetV2 DatasetToTFRecord ExperimentalDatasetToTFRecord CreateSummaryFileWriter "
    "CreateSummaryDbWriter DumpTensor DebugIdentity DebugIdentityV2 DebugIdentityV3 DebugNanCount DebugNumericSummary "
    "CalibrationStatisticsSaver DistributedSave SnapshotDataset SnapshotDatasetV2 FileSystemSetConfiguration",
    "network": "RpcCall RpcClient RpcServer RpcServerRegister RpcServerStart RpcGetValue RpcCheckStatus DataServiceDataset "
    "DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 RegisterDataset RegisterDatasetV2 RemoteCall",
    "checkpoint": "Save SaveSlices SaveV2 Restore RestoreSlice RestoreV2 DTensorRestoreV2 MergeV2Checkpoints ShardedFilename "
    "ShardedFilespec InitializeTableFromTextFile InitializeTableFromTextFileV2",
    "print": "PrintV2",
    "process": "WorkerHeartbeat",
}


def write_ops():
    ops = op_def_pb2.OpList()
    ops.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    special = {w for words in CLASSES.values() for w in words.split()}
    names = {o.name for o in ops.op}
    assert special <= names, special - names
    plain = sorted(n for n in names - special if not n.startswith(("Test", "Kernel", "Namespace>")))
    with open("../../internal/tfops/ops.txt", "w") as f:
        f.write(f"# The operators of TensorFlow {tf.__version__}, from its registry, by what they do. Written by scan/savedmodel/testdata/make.py.\n")
        for title, words in [*CLASSES.items(), ("computes", " ".join(plain))]:
            f.write(f"\n{title}:\n" + textwrap.fill(" ".join(sorted(words.split())), 118, initial_indent="  ", subsequent_indent="  ") + "\n")


def write_schema():
    seen, lines = set(), []

    def add(d):
        if d.full_name in seen:
            return
        seen.add(d.full_name)
        fields = []
        for x in d.fields:
            kind = {x.TYPE_STRING: "text", x.TYPE_BYTES: "bytes", x.TYPE_MESSAGE: "message"}.get(x.type, "number")
            if x.type in (x.TYPE_FLOAT, x.TYPE_FIXED32, x.TYPE_SFIXED32):
                kind = "fixed32"
            if x.type in (x.TYPE_DOUBLE, x.TYPE_FIXED64, x.TYPE_SFIXED64):
                kind = "fixed64"
            fields.append(f"  {x.number} {x.name} {kind}" + (f" {x.message_type.full_name}" if x.message_type else ""))
        lines.append(d.full_name + ":\n" + "\n".join(fields))
        for x in d.fields:
            if x.message_type:
                add(x.message_type)

    for m in (saved_model_pb2.SavedModel, fingerprint_pb2.FingerprintDef, graph_debug_info_pb2.GraphDebugInfo,
              tensor_bundle_pb2.BundleHeaderProto, tensor_bundle_pb2.BundleEntryProto):
        add(m.DESCRIPTOR)
    with open("../schema.txt", "w") as f:
        f.write(f"# The messages of TensorFlow {tf.__version__} that files of models consist of. Written by testdata/make.py.\n\n")
        f.write("\n".join(lines) + "\n")


class Net(tf.Module):
    def __init__(self):
        self.w = tf.Variable([[1.0], [2.0]], name="w")
        table = tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2])
        self.table = tf.lookup.StaticHashTable(table, -1)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def __call__(self, x):
        return tf.nn.relu(x @ self.w)


class Reads(tf.Module):
    @tf.function(input_signature=[])
    def __call__(self):
        return tf.io.read_file("/etc/hostname")


class Calls(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def __call__(self, x):
        return tf.numpy_function(lambda v: v, [x], tf.float32)


class Writes(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def __call__(self, x):
        tf.print(x, output_stream="file:///tmp/quintain-print")
        tf.io.write_file("../quintain-write", x)
        return x


def save(module, name):
    tf.saved_model.save(module, "tmp", signatures=module.__call__ if name != "calls" else None)
    shutil.copy("tmp/saved_model.pb", name + ".pb")
    if name == "net":
        shutil.copy("tmp/fingerprint.pb", "fingerprint.pb")
        shutil.copy("tmp/variables/variables.index", "variables.index")
        shutil.copy("tmp/variables/variables.data-00000-of-00001", "variables.data-00000-of-00001")
    shutil.rmtree("tmp")


def write_graphs():
    """Writes graphs that TensorFlow itself would not make."""

    def graph(name, *nodes):
        g = tf.compat.v1.GraphDef()
        for op, attrs, inputs in nodes:
            n = g.node.add(name="n%d" % len(g.node), op=op, input=inputs)
            for k, v in attrs.items():
                n.attr[k].s = v.encode()
        open(name + ".pb", "wb").write(g.SerializeToString())
        return g

    graph("pyfunc", ("PyFuncStateless", {"token": "pyfunc_7"}, []), ("EagerPyFunc", {"token": "x"}, []))
    graph("network", ("RpcClient", {}, []), ("DataServiceDatasetV4", {}, []), ("DebugIdentityV2", {"debug_urls": "grpc://example.com:1"}, []))
    graph("native", ("XlaCustomCall", {"call_target_name": "system"}, []), ("ImmutableConst", {"memory_region_name": "/etc/passwd"}, []))
    graph("foreign", ("AcmeRun", {}, []), ("SimpleMLInferenceOp", {}, []))
    graph("program", ("XlaCallModule", {}, []), ("WorkerHeartbeat", {}, []))
    g = graph("anew", ("__inference_f", {}, []))
    f = g.library.function.add()
    f.signature.name = "__inference_f"
    f.node_def.add(name="c", op="Const").attr["value"].tensor.string_val.append(b"https://example.com/x")
    f.node_def.add(name="i", op="ReadFile", input=["c:output:0"])
    g.library.function.add().signature.name = "MatMul"
    g.library.function.add().signature.name = "__inference_f"
    open("anew.pb", "wb").write(g.SerializeToString())
    g = tf.compat.v1.GraphDef()
    for shape, content in (([4], b"1234"), ([-1], b"1234"), ([2**40, 2**40], b""), ([1], b"1234")):
        t = g.node.add(name="n%d" % len(g.node), op="Const").attr["value"].tensor
        t.dtype = 1
        t.tensor_content = content
        for d in shape:
            t.tensor_shape.dim.add(size=d)
    g.node[0].attr["value"].tensor.tensor_content = b"12"
    open("sizes.pb", "wb").write(g.SerializeToString())
    s = saved_model_pb2.SavedModel(saved_model_schema_version=1)
    mg = s.meta_graphs.add()
    mg.meta_info_def.meta_graph_version = "1"
    mg.graph_def.node.add(name="c", op="Const").attr["value"].tensor.string_val.append(b"/etc/crontab")
    mg.graph_def.node.add(name="s", op="SaveV2", input=["c"])
    mg.asset_file_def.add(filename="../../etc/passwd")
    o = mg.object_graph_def.nodes.add().user_object
    o.identifier, o.metadata = "_tf_keras_layer", '{"class_name": "Lambda", "config": {"function": "f"}}'
    open("assets.pb", "wb").write(s.SerializeToString())


class Vocabulary(tf.Module):
    def __init__(self):
        open("/tmp/vocabulary.txt", "w").write("a\nb\n")
        t = tf.lookup.TextFileInitializer("/tmp/vocabulary.txt", tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)
        self.table = tf.lookup.StaticHashTable(t, -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def __call__(self, x):
        return self.table.lookup(x)


write_ops()
write_schema()
write_graphs()
if __name__ == "__main__":
    save(Net(), "net")
    save(Vocabulary(), "vocabulary")
    save(Reads(), "reads")
    save(Calls(), "calls")
    save(Writes(), "writes")
    with tf.Graph().as_default() as g:
        tf.identity(tf.constant([1.0, 2.0]) * 2.0, name="out")
        open("frozen.pb", "wb").write(g.as_graph_def().SerializeToString())
    index = bytearray(open("variables.index", "rb").read())
    index[index.index(b"\x28\x08\x35") + 1] = 64  # the size of the variable; the checksum is not made anew
    open("size.index", "wb").write(index)
