# TorchLib::torch: the headers of the Python wheel of LibTorch with torch_cpu and c10. libtorch.so itself is not linked:
# the one of a CUDA wheel names libtorch_cuda, which we load at run time where it can be used.
if(NOT CYTOCLICK_TORCH_DIR)
  execute_process(
    COMMAND python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE located OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(CYTOCLICK_TORCH_DIR "${located}" CACHE PATH "folder of the Python package torch" FORCE)
endif()

find_library(TORCHLIB_CPU torch_cpu PATHS ${CYTOCLICK_TORCH_DIR}/lib NO_DEFAULT_PATH)
find_library(TORCHLIB_C10 c10 PATHS ${CYTOCLICK_TORCH_DIR}/lib NO_DEFAULT_PATH)
find_path(TORCHLIB_INCLUDE ATen/ATen.h PATHS ${CYTOCLICK_TORCH_DIR}/include NO_DEFAULT_PATH)
if(TORCHLIB_INCLUDE)
  file(STRINGS ${CYTOCLICK_TORCH_DIR}/version.py version_line REGEX "^__version__")
  string(REGEX REPLACE ".*'([0-9.]+).*" "\\1" TORCHLIB_VERSION "${version_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(TorchLib REQUIRED_VARS TORCHLIB_CPU TORCHLIB_C10 TORCHLIB_INCLUDE
                                           VERSION_VAR TORCHLIB_VERSION)
if(TorchLib_FOUND AND NOT TARGET TorchLib::torch)
  add_library(TorchLib::torch INTERFACE IMPORTED)
  target_include_directories(TorchLib::torch SYSTEM INTERFACE ${TORCHLIB_INCLUDE}
                                                              ${TORCHLIB_INCLUDE}/torch/csrc/api/include)
  # The wheel carries its own OpenMP runtime; linking that very file keeps the process at one thread pool.
  file(GLOB TORCHLIB_GOMP ${CYTOCLICK_TORCH_DIR}/lib/libgomp*.so* ${CYTOCLICK_TORCH_DIR}/../torch.libs/libgomp*.so*)
  target_link_libraries(TorchLib::torch INTERFACE ${TORCHLIB_CPU} ${TORCHLIB_C10} ${TORCHLIB_GOMP})
  target_link_options(TorchLib::torch INTERFACE -Wl,--allow-shlib-undefined)
endif()
