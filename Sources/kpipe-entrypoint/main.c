// The static program starts in C, because embedded Swift offers no command line of its own.
int kpipe_entrypoint_main(int argc, char **argv);

int main(int argc, char **argv) { return kpipe_entrypoint_main(argc, argv); }
