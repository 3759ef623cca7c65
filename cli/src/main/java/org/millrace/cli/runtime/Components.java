package org.millrace.cli.runtime;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.millrace.cli.Failure;

/// The processes of a local system: the broker, the seven services, and a second rollout worker.
///
/// Heaps are sized so that everything but the trainer stays under 3 GB resident together.
final class Components {

    private static final Map<String, Integer> HEAP_MIB = Map.of(
            "crawler",
            160,
            "cleaner",
            224,
            "tokenizer",
            256,
            "trainer",
            640,
            "reward",
            128,
            "rollout",
            112,
            "inference",
            160);

    private final Home home;
    private final Layout layout;
    private final Map<String, String> settings;

    /// @param settings environment of every service: `MILLRACE_CRAWLER_DELAY=PT0.01S`, …
    Components(Home home, Layout layout, Map<String, String> settings) {
        this.home = home;
        this.layout = layout;
        this.settings = Map.copyOf(settings);
    }

    Component broker() {
        List<String> command = java(Layout.BROKER, 192);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                "org.millrace.cli.Millrace",
                "broker",
                "--data",
                home.kafka().toString(),
                "--port",
                Integer.toString(layout.port(Layout.BROKER))));
        return new Component(Layout.BROKER, command, Component.SMALL_ALLOCATIONS, layout.port(Layout.BROKER), false);
    }

    /// @param wanted by name: "cleaner", "rollout-1"
    List<Component> services(Predicate<String> wanted) {
        return layout.ports().keySet().stream()
                .filter(name -> !name.equals(Layout.BROKER))
                .filter(wanted)
                .map(this::service)
                .toList();
    }

    /// A bench, with the settings and the Java of the service that it measures: only what is measured differs.
    Component bench(Bench bench, int seconds, List<String> options) {
        List<String> arguments = new ArrayList<>();
        if (bench.needsService()) {
            arguments.add("127.0.0.1:" + service(bench.service()).port());
        }
        arguments.add(Integer.toString(seconds));
        arguments.addAll(options);
        return bench(bench, arguments);
    }

    /// The same, only to say whether these options can be: it ends with code 2 if not, and needs nothing beside it.
    Component check(Bench bench, List<String> options) {
        List<String> arguments = new ArrayList<>(List.of("--check"));
        arguments.addAll(options);
        return bench(bench, arguments);
    }

    private Component bench(Bench bench, List<String> arguments) {
        Component service = service(bench.service());
        Path application =
                home.installation().resolve(bench.service() + "-service").resolve("target/quarkus-app");
        List<String> command = java(bench.service(), bench.heapMib());
        command.addAll(List.of(
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager", // of that class path
                "-cp",
                Program.classPath(application),
                bench.main()));
        command.addAll(arguments);
        return new Component(bench.service() + "-bench", command, service.environment(), service.port(), false);
    }

    private Component service(String name) {
        int dash = name.indexOf('-');
        String kind = dash < 0 ? name : name.substring(0, dash);
        String instance = dash < 0 ? "0" : name.substring(dash + 1);
        Path jar = home.installation().resolve(kind + "-service/target/quarkus-app/quarkus-run.jar");
        if (!Files.isRegularFile(jar)) {
            throw new Failure(
                    "The %s service is not built: %s is missing; run ./millrace again, it builds what is stale."
                            .formatted(kind, jar));
        }
        List<String> command = java(kind, HEAP_MIB.getOrDefault(kind, 128));
        command.addAll(List.of("-jar", jar.toString()));

        Map<String, String> environment = new HashMap<>(settings);
        environment.put("KAFKA_BOOTSTRAP_SERVERS", layout.bootstrapServers());
        environment.put("MILLRACE_ARTIFACTS", home.artifacts().toUri().toString());
        environment.put("MILLRACE_DATA", home.data().resolve(name).toString());
        environment.put("MILLRACE_POLICY", "127.0.0.1:" + layout.port("inference"));
        environment.put("MILLRACE_REWARD", "127.0.0.1:" + layout.port("reward"));
        environment.put("MILLRACE_" + kind.toUpperCase(java.util.Locale.ROOT) + "_INSTANCE", instance);
        environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(layout.port(name)));
        environment.put("QUARKUS_BANNER_ENABLED", "false");
        environment.put("ORT_DISABLE_TELEMETRY", "1"); // ONNX Runtime reports home unless told not to
        if (!kind.equals("trainer")) {
            environment.putAll(Component.SMALL_ALLOCATIONS);
        }
        return new Component(name, command, environment, layout.port(name), true);
    }

    private static List<String> java(String kind, int heapMib) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapMib + "m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        if (kind.equals("trainer")) {
            command.addAll(Component.vectors());
        }
        return command;
    }
}
