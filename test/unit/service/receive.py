"""Binds the unix datagram socket argv[1] ('@' first: abstract), then prints each datagram as a line of hex; one that came as a memfd with its seals."""
import array, fcntl, os, socket, sys

path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind('\0' + path[1:] if path.startswith('@') else path)
print('bound', flush=True)
while True:
    data, ancillary, _, _ = receiver.recvmsg(1 << 20, socket.CMSG_SPACE(4))
    if ancillary:
        memfd = array.array('i', ancillary[0][2])[0]
        size = os.fstat(memfd).st_size
        print('memfd', fcntl.fcntl(memfd, fcntl.F_GET_SEALS), os.pread(memfd, size, 0).hex(), flush=True)
        os.close(memfd)
    else:
        print('datagram', 0, data.hex(), flush=True)
