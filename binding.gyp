{
  "variables": { "sanitize%": 0 },
  "target_defaults": {
    "cflags_cc!": ["-fno-exceptions"],
    "cflags_cc": [
      "-Wall", "-Wextra", "-Wpedantic", "-Werror",
      "-fvisibility=hidden", "-fvisibility-inlines-hidden",
      "-isystem <!(node -p \"require('path').resolve(require('node-addon-api').include_dir)\")"
    ],
    "defines": [
      "NAPI_VERSION=9",
      "NODE_ADDON_API_CPP_EXCEPTIONS",
      "NODE_ADDON_API_DISABLE_DEPRECATED",
      # a worker that is being terminated refuses JavaScript exceptions: that must not abort the process
      "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
    ],
    # a job's thread may outlive the worker that loaded the addon last, and would return into unmapped code
    "ldflags": ["-Wl,-z,nodelete"],
    "conditions": [
      ["sanitize==1", {
        "cflags_cc": [
          "-fsanitize=address,undefined", "-fno-sanitize=vptr", "-fno-sanitize-recover=all",
          "-fno-omit-frame-pointer", "-g", "-O1"
        ],
        "ldflags": ["-fsanitize=address,undefined"]
      }]
    ]
  },
  "targets": [
    {
      "target_name": "udev_proxy",
      "sources": [
        "addon/absinfo.cc",
        "addon/addon.cc",
        "addon/container.cc",
        "addon/container_handle.cc",
        "addon/datagram.cc",
        "addon/environment.cc",
        "addon/file.cc",
        "addon/id_map.cc",
        "addon/inside.cc",
        "addon/monitor.cc",
        "addon/mount.cc",
        "addon/netlink.cc",
        "addon/node.cc",
        "addon/poll.cc",
        "addon/remove.cc",
        "addon/reopen.cc",
        "addon/symlink.cc",
        "addon/syscalls.cc",
        "addon/unix_sockets.cc",
        "addon/util.cc"
      ]
    },
    {
      "target_name": "lab",
      "sources": ["addon/lab/injector.cc", "addon/lab/lab.cc", "addon/lab/uinput.cc", "addon/util.cc"]
    }
  ]
}
