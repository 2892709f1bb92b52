# Compiles BPF sources, links them into one object and makes its skeleton.
#
#   weir_bpf_object(flows SOURCES ${PROJECT_SOURCE_DIR}/bpf/flows.bpf.c ...)
#
# gives the interface target <name>_skel, whose header is "<name>.skel.h". One object for what is loaded
# together: each further object parses the kernel's BTF again (13 ms, 11 MB).
find_program(WEIR_CLANG NAMES clang clang-14 REQUIRED)
find_program(WEIR_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)

function(weir_bpf_object name)
  cmake_parse_arguments(BPF "" "" "SOURCES" ${ARGN})
  set(folder ${CMAKE_BINARY_DIR}/bpf)
  file(MAKE_DIRECTORY ${folder})
  set(objects "")
  foreach(source IN LISTS BPF_SOURCES)
    get_filename_component(base ${source} NAME_WE)
    set(object ${folder}/${base}.bpf.o)
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${WEIR_CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter
              -D__TARGET_ARCH_x86 -I${PROJECT_SOURCE_DIR} -isystem /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
              -MD -MT ${object} -MF ${object}.d -c ${source} -o ${object}.part
      COMMAND llvm-strip -g ${object}.part
      COMMAND ${CMAKE_COMMAND} -E rename ${object}.part ${object}
      DEPENDS ${source}
      DEPFILE ${object}.d
      COMMENT "BPF ${base}")
    list(APPEND objects ${object})
  endforeach()
  set(linked ${folder}/${name}.linked.o)
  set(skeleton ${folder}/${name}.skel.h)
  add_custom_command(
    OUTPUT ${skeleton} ${linked}
    COMMAND ${WEIR_BPFTOOL} gen object ${linked}.part ${objects}
    COMMAND ${CMAKE_COMMAND} -E rename ${linked}.part ${linked}
    COMMAND ${WEIR_BPFTOOL} gen skeleton ${linked} name ${name}_bpf > ${skeleton}.part
    COMMAND ${CMAKE_COMMAND} -E rename ${skeleton}.part ${skeleton}
    DEPENDS ${objects}
    COMMENT "skeleton ${name}")
  add_custom_target(${name}_skeleton DEPENDS ${skeleton} ${linked})
  add_library(${name}_skel INTERFACE)
  target_include_directories(${name}_skel SYSTEM INTERFACE ${folder})
  add_dependencies(${name}_skel ${name}_skeleton)
endfunction()
