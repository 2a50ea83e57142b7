// libdispatch looks once a second, for as long as the process lives, whether its workers are blocked, to start more of
// them. Nothing of ours blocks its workers (what blocks has threads of its own), and an idle sidecar is not to wake up.
// In a program that holds libdispatch statically, as all that ship do, these take the place of the two entries through
// which it registers workers to be watched (its src/event/workqueue.c); beside the shared library they are not called.

void _dispatch_workq_worker_register(void *root_queue);
void _dispatch_workq_worker_unregister(void *root_queue);

void _dispatch_workq_worker_register(void *root_queue) {
    (void)root_queue;
}

void _dispatch_workq_worker_unregister(void *root_queue) {
    (void)root_queue;
}
