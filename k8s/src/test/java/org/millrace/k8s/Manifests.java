package org.millrace.k8s;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// What `kubectl kustomize` makes of a folder, as typed objects.
record Manifests(List<HasMetadata> objects) {

    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    private static final Optional<String> OBSTACLE = obstacle(Objects.requireNonNullElse(System.getenv("PATH"), ""));

    static {
        OBSTACLE.ifPresent(System.err::println); // once: a build shows the reason of no skipped test
    }

    /// Skips the test where there is no kubectl, and says so: a JDK and Maven are enough for all others.
    static Manifests of(String folder) {
        assumeTrue(OBSTACLE.isEmpty(), () -> OBSTACLE.orElseThrow());
        String rendered = render(folder);
        return new Manifests(Arrays.stream(rendered.split("(?m)^---$"))
                .filter(document -> !document.isBlank())
                .map(document -> (HasMetadata) YAML.unmarshal(document))
                .toList());
    }

    <T extends HasMetadata> List<T> all(Class<T> type) {
        return objects.stream().filter(type::isInstance).map(type::cast).toList();
    }

    <T extends HasMetadata> T one(Class<T> type, String name) {
        return all(type).stream()
                .filter(object -> object.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no %s named %s".formatted(type.getSimpleName(), name)));
    }

    /// Pods of services by the service's name.
    Map<String, PodTemplateSpec> services() {
        Map<String, PodTemplateSpec> pods = new LinkedHashMap<>();
        all(Deployment.class)
                .forEach(it -> pods.put(it.getMetadata().getName(), it.getSpec().getTemplate()));
        all(StatefulSet.class)
                .forEach(it -> pods.put(it.getMetadata().getName(), it.getSpec().getTemplate()));
        return pods;
    }

    /// All pods, those of jobs too.
    Map<String, PodTemplateSpec> pods() {
        Map<String, PodTemplateSpec> pods = services();
        all(Job.class)
                .forEach(it -> pods.put(it.getMetadata().getName(), it.getSpec().getTemplate()));
        return pods;
    }

    /// Why nothing can be rendered.
    ///
    /// @param path folders to look for kubectl in, as in `PATH`
    static Optional<String> obstacle(String path) {
        return Stream.of(path.split(":")).anyMatch(folder -> Files.isExecutable(Path.of(folder, "kubectl")))
                ? Optional.empty()
                : Optional.of("SKIPPED: kubectl is not on the PATH, so no Kubernetes manifest is rendered or checked");
    }

    private static String render(String folder) {
        try {
            Path errors = Files.createTempFile("kustomize", ".txt");
            try {
                Process kubectl = new ProcessBuilder("kubectl", "kustomize", folder)
                        .redirectError(errors.toFile())
                        .start();
                String rendered = new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (!kubectl.waitFor(60, TimeUnit.SECONDS) || kubectl.exitValue() != 0) {
                    kubectl.destroyForcibly();
                    throw new AssertionError("kubectl kustomize " + folder + ": " + Files.readString(errors));
                }
                return rendered;
            } finally {
                Files.delete(errors);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
