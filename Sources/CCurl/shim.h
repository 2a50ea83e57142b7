// libcurl's options and infos are C varargs, which Swift cannot call: typed inline wrappers stand in for them.
#pragma once
#include <curl/curl.h>
