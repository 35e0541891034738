# opencv_core and opencv_imgproc, under the names of OpenCV's own CMake package. Debian ships that package only with
# libopencv-dev, which installs every module; these two and their headers are all we use.
find_path(OPENCVCORE_INCLUDE opencv2/imgproc.hpp PATH_SUFFIXES opencv4)
find_library(OPENCVCORE_core_LIBRARY opencv_core)
find_library(OPENCVCORE_imgproc_LIBRARY opencv_imgproc)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVCore REQUIRED_VARS OPENCVCORE_core_LIBRARY OPENCVCORE_imgproc_LIBRARY
                                                           OPENCVCORE_INCLUDE)
if(OpenCVCore_FOUND AND NOT TARGET opencv_core)
  foreach(module core imgproc)
    add_library(opencv_${module} UNKNOWN IMPORTED)
    set_target_properties(opencv_${module} PROPERTIES IMPORTED_LOCATION ${OPENCVCORE_${module}_LIBRARY}
                                                      INTERFACE_INCLUDE_DIRECTORIES ${OPENCVCORE_INCLUDE})
  endforeach()
  set_property(TARGET opencv_imgproc PROPERTY INTERFACE_LINK_LIBRARIES opencv_core)
endif()
