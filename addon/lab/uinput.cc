#include "uinput.h"

#include <fcntl.h>
#include <linux/uinput.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <cstring>
#include <memory>
#include <vector>

#include "../util.h"

namespace {

constexpr const char* kPath = "/dev/uinput";
/** A device that promises force feedback must hold at least one effect (uinput_create_device in the kernel).
 */
constexpr uint32_t kEffects = 16;

/** The codes of one event type that the device has. */
struct Capability {
  const char* property;
  unsigned type;
  unsigned long set_code;
};

constexpr Capability kCapabilities[] = {
    {"keys", EV_KEY, UI_SET_KEYBIT},       {"relativeAxes", EV_REL, UI_SET_RELBIT},
    {"misc", EV_MSC, UI_SET_MSCBIT},       {"switches", EV_SW, UI_SET_SWBIT},
    {"leds", EV_LED, UI_SET_LEDBIT},       {"sounds", EV_SND, UI_SET_SNDBIT},
    {"forceFeedback", EV_FF, UI_SET_FFBIT}};

/** What a device says of itself, in bytes: a lone surrogate U+DC80 to U+DCFF is one that is no UTF-8. */
std::string NameOf(Napi::Value value) {
  PathOf(value);
  std::string bytes;
  const std::u16string text = value.As<Napi::String>();
  for (size_t at = 0, from = 0; at <= text.size(); at++) {
    const bool paired = at > 0 && at < text.size() && text[at - 1] >= 0xd800 && text[at - 1] < 0xdc00;
    const bool escaped = at < text.size() && text[at] >= 0xdc80 && text[at] <= 0xdcff && !paired;
    if (!escaped && at < text.size()) continue;
    bytes += Napi::String::New(value.Env(), text.substr(from, at - from)).Utf8Value();
    if (escaped) bytes += static_cast<char>(text[at] - 0xdc00);
    from = at + 1;
  }
  return bytes;
}

class Uinput {
 public:
  explicit Uinput(Napi::Object spec)
      : fd_(Check(open(kPath, O_RDWR | O_NONBLOCK | O_CLOEXEC), "open", kPath)) {
    for (const uint32_t type : NumbersOf(spec, "eventTypes")) Control(UI_SET_EVBIT, type, "UI_SET_EVBIT");
    for (const Capability& capability : kCapabilities) SetCodes(spec, capability);
    SetAbsoluteAxes(spec);
    for (const uint32_t property : NumbersOf(spec, "properties"))
      Control(UI_SET_PROPBIT, property, "UI_SET_PROPBIT");
    const Napi::Value phys = spec.Get("phys");
    if (!phys.IsUndefined()) Control(UI_SET_PHYS, NameOf(phys).c_str(), "UI_SET_PHYS");
    Setup(spec);
    Control(UI_DEV_CREATE, 0, "UI_DEV_CREATE");

    char sysname[64] = {};
    Control(UI_GET_SYSNAME(sizeof sysname), sysname, "UI_GET_SYSNAME");
    sysname_ = sysname;
  }

  const std::string& sysname() const { return sysname_; }

  void Emit(uint32_t type, uint32_t code, int32_t value) {
    input_event event = {};
    event.type = static_cast<uint16_t>(type);
    event.code = static_cast<uint16_t>(code);
    event.value = value;
    Check(write(fd_.get(), &event, sizeof event), "write", kPath);
  }

  /** The kernel unplugs the device when its maker lets go. */
  void Destroy() { fd_.reset(); }

 private:
  template <typename Argument>
  void Control(unsigned long request, Argument argument, const char* name) {
    Check(ioctl(fd_.get(), request, argument), name, kPath);
  }

  static std::vector<uint32_t> NumbersOf(Napi::Object spec, const char* name) {
    std::vector<uint32_t> numbers;
    const Napi::Value value = spec.Get(name);
    if (value.IsUndefined()) return numbers;
    if (!value.IsArray()) throw Napi::TypeError::New(spec.Env(), std::string(name) + " must be an array");
    const auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); i++) numbers.push_back(Uint32Of(array.Get(i)));
    return numbers;
  }

  void SetCodes(Napi::Object spec, const Capability& capability) {
    const std::vector<uint32_t> codes = NumbersOf(spec, capability.property);
    if (codes.empty()) return;
    Control(UI_SET_EVBIT, capability.type, "UI_SET_EVBIT");
    for (const uint32_t code : codes) Control(capability.set_code, code, capability.property);
  }

  void SetAbsoluteAxes(Napi::Object spec) {
    const Napi::Value value = spec.Get("absoluteAxes");
    if (value.IsUndefined()) return;
    if (!value.IsArray()) throw Napi::TypeError::New(spec.Env(), "absoluteAxes must be an array");
    const auto axes = value.As<Napi::Array>();
    if (axes.Length() > 0) Control(UI_SET_EVBIT, EV_ABS, "UI_SET_EVBIT");
    for (uint32_t i = 0; i < axes.Length(); i++) {
      const auto axis = axes.Get(i).As<Napi::Object>();
      const auto number = [&](const char* name) { return axis.Get(name).As<Napi::Number>().Int32Value(); };
      uinput_abs_setup setup = {};
      setup.code = static_cast<uint16_t>(Uint32Of(axis.Get("code")));
      setup.absinfo = {number("value"), number("minimum"), number("maximum"),
                       number("fuzz"),  number("flat"),    number("resolution")};
      Control(UI_ABS_SETUP, &setup, "UI_ABS_SETUP");
    }
  }

  void Setup(Napi::Object spec) {
    uinput_setup setup = {};
    const auto number = [&](const char* name) { return static_cast<uint16_t>(Uint32Of(spec.Get(name))); };
    setup.id = {number("bus"), number("vendor"), number("product"), number("version")};
    strncpy(setup.name, NameOf(spec.Get("name")).c_str(), sizeof setup.name - 1);
    setup.ff_effects_max = NumbersOf(spec, "forceFeedback").empty() ? 0 : kEffects;
    Control(UI_DEV_SETUP, &setup, "UI_DEV_SETUP");
  }

  UniqueFd fd_;
  std::string sysname_;
};

}  // namespace

Napi::Value CreateUinput(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) throw Napi::TypeError::New(env, "A UinputSpec was expected");
  const auto device =
      ThrowingErrors(env, [&] { return std::make_shared<Uinput>(info[0].As<Napi::Object>()); });
  const auto object = Napi::Object::New(env);
  object.Set("sysname", device->sysname());
  object.Set("emit", Napi::Function::New(env, [device](const Napi::CallbackInfo& call) {
               const uint32_t type = Uint32Of(call[0]);
               const uint32_t code = Uint32Of(call[1]);
               const int32_t value = call[2].As<Napi::Number>().Int32Value();
               ThrowingErrors(call.Env(), [&] { device->Emit(type, code, value); });
             }));
  object.Set("destroy", Napi::Function::New(env, [device](const Napi::CallbackInfo&) { device->Destroy(); }));
  return object;
}
