"""A container of the bare minimum: own mount, network and pid namespace, an empty tmpfs as its root, and, with a number as argument, a user namespace
whose 0 is that id of the host. Prints {"pid": ...} of its first process, which then runs the Python it is sent: a JSON string a line, answered with
{"result": ...}, the variable of that name, or {"error": ...}. It ends with its standard input."""
import ctypes, errno, fcntl, json, os, select, signal, socket, stat, struct, sys, tempfile, threading, traceback

libc = ctypes.CDLL(None, use_errno=True)
NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_REC, MS_PRIVATE, MNT_DETACH, PR_SET_PDEATHSIG = 0x4000, 0x40000, 2, 1


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def mount(source, target, kind, flags=0, data=None):
    encoded = [None if text is None else text.encode() for text in (source, target, kind)]
    check(libc.mount(*encoded, ctypes.c_ulong(flags), None if data is None else data.encode()))


def umount(target):
    check(libc.umount2(target.encode(), MNT_DETACH))


def die_with_parent():
    check(libc.prctl(PR_SET_PDEATHSIG, 9))


def enter_user_namespace(base):
    """Its maps are written from outside, by a child that is still there."""
    ready, go = os.pipe(), os.pipe()
    if (writer := os.fork()) == 0:
        os.read(ready[0], 1)
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{os.getppid()}/{name}", "w") as file:
                file.write(f"0 {base} 65536")
        os._exit(0)
    check(libc.unshare(NEWUSER))
    os.write(ready[1], b"!")
    os.waitpid(writer, 0)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def enter_root(root):
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("root", root, "tmpfs", 0, "mode=0755")
    os.chdir(root)
    check(libc.pivot_root(b".", b"."))
    umount(".")
    os.chdir("/")


def serve():
    scope = dict(globals())
    for line in sys.stdin:
        scope["result"] = None
        try:
            exec(json.loads(line), scope)
            print(json.dumps({"result": scope["result"]}), flush=True)
        except Exception:
            print(json.dumps({"error": traceback.format_exc()}), flush=True)


if __name__ == "__main__":
    root = tempfile.mkdtemp(prefix="udev-proxy-container-")
    if (outer := os.fork()) != 0:
        sys.stdin.close()
        os.waitpid(outer, 0)
        os.rmdir(root)
        sys.exit()
    if len(sys.argv) > 1:
        os.chmod(root, 0o755)
        enter_user_namespace(int(sys.argv[1]))
    die_with_parent()
    check(libc.unshare(NEWNS | NEWIPC | NEWPID | NEWNET))
    if (inner := os.fork()) == 0:
        die_with_parent()
        enter_root(root)
        serve()
        os._exit(0)
    sys.stdin.close()
    print(json.dumps({"pid": inner}), flush=True)
    os.waitpid(inner, 0)
    os._exit(0)
