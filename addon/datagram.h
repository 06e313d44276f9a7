// Datagrams to unix sockets: the service manager's and the journal's.
#pragma once

#include <string>

#include "util.h"

/** Native.sendDatagram. */
void SendDatagram(const std::string& path, Bytes payload, bool memfd);
