// Listens at the unix socket argv[1] for ever, as udevd does at its control socket.
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char** argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) return 64;
  memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (bind(fd, (struct sockaddr*)&address, sizeof(address)) < 0 || listen(fd, 1) < 0) {
    perror(argv[1]);
    return 1;
  }
  for (;;) pause();
}
