#include "util.h"

#include <uv.h>

#include <cmath>

Napi::Error SystemError::ToError(Napi::Env env) const {
  char code[64];
  char text[128];
  // the _r forms: uv_strerror and uv_err_name leak for a number that libuv doesn't know
  uv_err_name_r(-number, code, sizeof code);
  uv_strerror_r(-number, text, sizeof text);
  std::string message = std::string(code) + ": " + text + ", " + syscall;
  if (!path.empty()) message += " '" + path + "'";

  Napi::Error error = Napi::Error::New(env, message);
  error.Set("errno", Napi::Number::New(env, -number));
  error.Set("code", Napi::String::New(env, code));
  error.Set("syscall", Napi::String::New(env, syscall));
  if (!path.empty()) error.Set("path", Napi::String::New(env, path));
  return error;
}

std::string PathOf(Napi::Value value) {
  if (!value.IsString()) throw Napi::TypeError::New(value.Env(), "A path must be a string");
  std::string path = value.As<Napi::String>();
  if (path.find('\0') != std::string::npos) {
    throw Napi::TypeError::New(value.Env(), "A path must not contain NUL");
  }
  return path;
}

uint32_t Uint32Of(Napi::Value value) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= UINT32_MAX && std::trunc(number) == number)) {
    throw Napi::TypeError::New(value.Env(), "A whole number of 0 to 4294967295 was expected");
  }
  return static_cast<uint32_t>(number);
}

Bytes BytesOf(Napi::Value value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw Napi::TypeError::New(value.Env(), "A Uint8Array was expected");
  }
  const auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

Napi::Function MethodOf(Napi::Object object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsFunction()) {
    throw Napi::TypeError::New(object.Env(), std::string(name) + " must be a function");
  }
  return value.As<Napi::Function>();
}
