"""An application of pyudev: prints the joysticks that are there ("found"), then what becomes of input devices ("add", "remove")."""

import signal
import sys

from pyudev import Context, Monitor, MonitorObserver

sys.stdout.reconfigure(line_buffering=True)


def show(what, device):
    joystick = device.properties.get('ID_INPUT_JOYSTICK', '0')
    print(f'{what} {device.sys_name} {device.device_node or "-"} joystick={joystick}')


context = Context()
monitor = Monitor.from_netlink(context)
monitor.filter_by('input')
MonitorObserver(monitor, callback=lambda device: show(device.action, device)).start()
for device in context.list_devices(subsystem='input', ID_INPUT_JOYSTICK='1'):
    show('found', device)
print('ready')
signal.pause()
