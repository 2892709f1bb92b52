# What `make install` puts where, and the Debian package made of it (`make package`).
include(GNUInstallDirs)

if(TARGET weir)
  # The program is found where README.md says, not in its room's folder.
  set_target_properties(weir PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  install(TARGETS weir RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES ${PROJECT_SOURCE_DIR}/docs/weir.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
install(FILES ${PROJECT_SOURCE_DIR}/completions/weir.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME weir OPTIONAL)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/docs/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_VENDOR "The Weir authors")
set(CPACK_PACKAGE_CONTACT "The Weir authors <weir@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "watches every flow of a Linux node with eBPF, and who owns it")
string(CONCAT CPACK_PACKAGE_DESCRIPTION
  "Weir shows who talks to whom on a Linux node, which process and container own each end, how much and how\n"
  "slowly. It uses the running kernel's eBPF (XDP, tc, cgroup and socket hooks): no module, no compiler on the\n"
  "node. The same questions are answered from pcap and pcapng files without privileges.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
# What weir lab compiles programs with.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "clang, libbpf-dev, linux-libc-dev")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
