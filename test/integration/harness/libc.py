"""Answers for tests what the C libraries of systemd and glibc say: JSON on stdin, JSON on stdout.

hwdb PATH: the properties of each modalias, in sd_hwdb_enumerate()'s order, from a list of modaliases.
fnmatch: whether each pair of pattern and text matches, from a list of pairs; both are in latin1.
"""
import ctypes, json, sys


def hwdb(path, modaliases):
    library = ctypes.CDLL('libsystemd.so.0')
    database, key, value = ctypes.c_void_p(), ctypes.c_char_p(), ctypes.c_char_p()
    assert library.sd_hwdb_new_from_path(path.encode(), ctypes.byref(database)) >= 0, path
    for modalias in modaliases:
        properties = []
        assert library.sd_hwdb_seek(database, modalias.encode()) >= 0, modalias
        while library.sd_hwdb_enumerate(database, ctypes.byref(key), ctypes.byref(value)) > 0:
            properties.append((key.value.decode(), value.value.decode()))
        yield properties


def fnmatch(pairs):
    library = ctypes.CDLL('libc.so.6')
    for pattern, text in pairs:
        yield library.fnmatch(pattern.encode('latin1'), text.encode('latin1'), 0) == 0


question = {'hwdb': hwdb, 'fnmatch': fnmatch}[sys.argv[1]]
json.dump(list(question(*sys.argv[2:], json.load(sys.stdin))), sys.stdout)
