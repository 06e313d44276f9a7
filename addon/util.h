// A file descriptor that closes itself, and the error of a system call in the shape of node:fs.
#pragma once

#include <napi.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

/** A system call that failed. `path` may be empty. */
struct SystemError {
  int number;
  const char* syscall;
  std::string path;

  /** As Node's own: `ENOENT: no such file or directory, openat2 '/x'`, with errno, code, syscall and path. */
  Napi::Error ToError(Napi::Env env) const;
};

/** `result` unless it is negative: then throws errno as a SystemError. */
template <typename T>
T Check(T result, const char* syscall, const std::string& path = {}) {
  if (result < 0) throw SystemError{errno, syscall, path};
  return result;
}

/** Runs what JavaScript has called, and throws its SystemError there. */
template <typename Function>
auto ThrowingErrors(Napi::Env env, Function function) {
  try {
    return function();
  } catch (const SystemError& error) {
    throw error.ToError(env);
  }
}

/** A string without NUL; throws a TypeError for anything else. */
std::string PathOf(Napi::Value value);

/** A whole number of 0 to 2^32-1; throws a TypeError for anything else. */
uint32_t Uint32Of(Napi::Value value);

/** The bytes of a Uint8Array or Buffer, valid until JavaScript runs again; throws a TypeError for anything
 * else. */
struct Bytes {
  const uint8_t* data;
  size_t size;
};
Bytes BytesOf(Napi::Value value);

/** The function `name` of `object`; throws a TypeError when there is none. */
Napi::Function MethodOf(Napi::Object object, const char* name);
