#include <node_api.h>

static napi_value twice(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, result;
  int32_t number = 0;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_int32(env, argument, &number);
  napi_create_int32(env, 2 * number, &result);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "twice", NAPI_AUTO_LENGTH, twice, NULL, &function);
  napi_set_named_property(env, exports, "twice", function);
  return exports;
}
