package org.millrace.cli.runtime;

import java.lang.module.ModuleFinder;
import java.util.List;
import java.util.Map;

/// One process of the local system, and how to start it.
///
/// @param name what people call it: "cleaner", "rollout-1"
/// @param port where it listens on 127.0.0.1
/// @param hasHealth whether it answers `/q/health/ready` (every service; not the broker)
record Component(String name, List<String> command, Map<String, String> environment, int port, boolean hasHealth) {

    /// What the JVM of the trainer needs for its kernels between matrix products, if this Java has it; without it the
    /// trainer trains too, more slowly.
    static List<String> vectors() {
        String module = "jdk.incubator.vector";
        return ModuleFinder.ofSystem().find(module).isPresent() ? List.of("--add-modules=" + module) : List.of();
    }

    /// Only the trainer allocates large tensors; elsewhere its settings would only hold memory back.
    static final Map<String, String> SMALL_ALLOCATIONS = Map.of(
            "MALLOC_ARENA_MAX", "2",
            "MALLOC_MMAP_THRESHOLD_", "131072",
            "MALLOC_TRIM_THRESHOLD_", "131072",
            "MALLOC_TOP_PAD_", "131072");
}
