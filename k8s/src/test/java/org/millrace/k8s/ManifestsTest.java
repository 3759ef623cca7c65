package org.millrace.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.io.Reader;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestsTest {

    private static final List<String> OF_SERVICES = List.of("base", "overlays/local", "overlays/cpu", "overlays/gpu");

    private static final List<String> OF_RANKS = List.of("ranks", "overlays/ranks-cpu", "overlays/ranks-gpu");

    @SuppressWarnings("UnusedVariable") // the tests' parameters
    private static final List<String> FOLDERS =
            Stream.concat(OF_SERVICES.stream(), OF_RANKS.stream()).toList();

    private static final List<String> SERVICES =
            List.of("crawler", "cleaner", "tokenizer", "trainer", "reward", "rollout", "inference");

    @ParameterizedTest
    @FieldSource("OF_SERVICES")
    void everyServiceIsThereWithItsPort(String folder) {
        Manifests manifests = Manifests.of(folder);

        assertThat(manifests.services()).containsOnlyKeys(SERVICES);
        for (Service service : manifests.all(Service.class)) {
            PodTemplateSpec pod = Objects.requireNonNull(
                    manifests.services().values().stream()
                            .filter(it -> it.getMetadata()
                                    .getLabels()
                                    .entrySet()
                                    .containsAll(service.getSpec().getSelector().entrySet()))
                            .findFirst()
                            .orElse(null),
                    () -> "no pod behind Service " + service.getMetadata().getName());
            for (ServicePort port : service.getSpec().getPorts()) {
                ContainerPort open = only(pod).getPorts().stream()
                        .filter(it -> it.getName().equals(port.getTargetPort().getStrVal()))
                        .findFirst()
                        .orElseThrow();
                assertThat(port.getPort()).isEqualTo(open.getContainerPort());
            }
        }
        manifests.services().forEach((name, pod) -> {
            manifests.one(Service.class, name);
            assertThat(settings(manifests, pod).get("QUARKUS_HTTP_PORT"))
                    .as(name)
                    .isEqualTo(
                            only(pod).getPorts().getFirst().getContainerPort().toString());
        });
    }

    @ParameterizedTest
    @FieldSource("FOLDERS")
    void everyPodIsConfined(String folder) {
        Manifests.of(folder).pods().forEach((name, template) -> {
            PodSpec pod = template.getSpec();
            assertThat(pod.getAutomountServiceAccountToken()).as(name).isFalse();
            assertThat(pod.getSecurityContext().getRunAsNonRoot()).as(name).isTrue();
            assertThat(pod.getSecurityContext().getRunAsUser()).as(name).isPositive();
            assertThat(pod.getSecurityContext().getSeccompProfile().getType())
                    .as(name)
                    .isEqualTo("RuntimeDefault");
            assertThat(pod.getHostNetwork()).as(name).isNull();
            Container container = only(template);
            assertThat(container.getSecurityContext().getReadOnlyRootFilesystem())
                    .as(name)
                    .isTrue();
            assertThat(container.getSecurityContext().getAllowPrivilegeEscalation())
                    .as(name)
                    .isFalse();
            assertThat(container.getSecurityContext().getPrivileged()).as(name).isNull();
            assertThat(container.getSecurityContext().getCapabilities().getDrop())
                    .as(name)
                    .containsExactly("ALL");
            assertThat(container.getSecurityContext().getCapabilities().getAdd())
                    .as(name)
                    .isEmpty();
            assertThat(container.getResources().getRequests()).as(name).containsOnlyKeys("cpu", "memory");
            assertThat(container.getResources().getLimits()).as(name).containsKey("memory");
            assertThat(bytes(container, true)).as(name).isLessThanOrEqualTo(bytes(container, false));
        });
    }

    /// The reason is in README.md.
    @ParameterizedTest
    @FieldSource("FOLDERS")
    void onlyTheTrainerOnWholeCoresHasACpuLimit(String folder) {
        Manifests.of(folder).pods().forEach((name, template) -> {
            Quantity limit = only(template).getResources().getLimits().get("cpu");
            if (limit != null) {
                assertThat(folder + " " + name).isIn("overlays/cpu trainer", "overlays/ranks-cpu ranks");
                assertThat(limit)
                        .isEqualTo(only(template).getResources().getRequests().get("cpu"));
                assertThat(limit.getFormat()).isEmpty();
            }
        });
    }

    @Test
    void withoutKubectlItIsSaidThatNothingIsChecked(@TempDir Path folder) throws IOException {
        assertThat(Manifests.obstacle("/nowhere:" + folder))
                .hasValueSatisfying(line -> assertThat(line).contains("kubectl is not on the PATH"));

        Files.createFile(
                folder.resolve("kubectl"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));

        assertThat(Manifests.obstacle("/nowhere:" + folder)).isEmpty();
    }

    @ParameterizedTest
    @FieldSource("FOLDERS")
    void whereAPodMayWriteIsMounted(String folder) {
        Manifests manifests = Manifests.of(folder);

        manifests.pods().forEach((name, template) -> {
            Container container = only(template);
            List<String> volumes = template.getSpec().getVolumes().stream()
                    .map(Volume::getName)
                    .toList();
            assertThat(container.getVolumeMounts())
                    .as(name)
                    .extracting(VolumeMount::getName)
                    .containsExactlyInAnyOrderElementsOf(volumes);
            assertThat(container.getVolumeMounts())
                    .as(name)
                    .extracting(VolumeMount::getMountPath)
                    .contains("/tmp");
        });
        manifests.services().forEach((name, template) -> assertThat(
                        only(template).getVolumeMounts())
                .as(name)
                .extracting(VolumeMount::getMountPath)
                .contains(settings(manifests, template).get("MILLRACE_DATA")));
    }

    @ParameterizedTest
    @FieldSource("OF_SERVICES")
    void everyServiceIsProbed(String folder) {
        Manifests.of(folder).services().forEach((name, template) -> {
            Container container = only(template);
            assertThat(path(container.getStartupProbe())).as(name).isEqualTo("/q/health/started");
            assertThat(path(container.getLivenessProbe())).as(name).isEqualTo("/q/health/live");
            assertThat(path(container.getReadinessProbe())).as(name).isEqualTo("/q/health/ready");
            assertThat(container.getImage()).as(name).startsWith("millrace/" + name);
        });
    }

    @ParameterizedTest
    @FieldSource("OF_SERVICES")
    void settingsComeFromConfigMapsAlone(String folder) {
        Manifests manifests = Manifests.of(folder);

        manifests.services().forEach((name, template) -> {
            assertThat(settings(manifests, template))
                    .as(name)
                    .containsKeys("KAFKA_BOOTSTRAP_SERVERS", "MILLRACE_ARTIFACTS", "MILLRACE_DATA")
                    .containsEntry("QUARKUS_HTTP_HOST", "0.0.0.0");
            assertThat(only(template).getEnv())
                    .as("%s: beside the ConfigMaps a pod has its name", name)
                    .allSatisfy(variable -> assertThat(
                                    variable.getValueFrom().getFieldRef().getFieldPath())
                            .isEqualTo("metadata.name"))
                    .extracting(EnvVar::getName)
                    .containsExactly("MILLRACE_" + name.toUpperCase(Locale.ROOT) + "_INSTANCE");
        });
        manifests.all(Job.class).forEach(job -> assertThat(
                        settings(manifests, job.getSpec().getTemplate()))
                .containsKey("KAFKA_BOOTSTRAP_SERVERS"));
    }

    @ParameterizedTest
    @FieldSource("FOLDERS")
    void everyFieldIsOneThatKubernetesKnows(String folder) throws ReflectiveOperationException {
        List<String> unknown = new ArrayList<>();
        for (HasMetadata object : Manifests.of(folder).objects()) {
            collectUnknown(object.getKind() + "/" + object.getMetadata().getName(), object, unknown);
        }

        assertThat(unknown).isEmpty();
    }

    @Test
    void theOnesWithTransactionalIdsHaveStableNames() {
        assertThat(Manifests.of("base").all(StatefulSet.class))
                .extracting(it -> it.getMetadata().getName())
                .containsExactlyInAnyOrder("crawler", "cleaner", "tokenizer", "trainer");
    }

    @Test
    void portsAreThoseOfTheServices() throws IOException {
        Manifests manifests = Manifests.of("base");

        for (String service : SERVICES) {
            Properties properties = new Properties();
            Path file = Path.of("..", service + "-service", "src/main/resources/application.properties");
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            }
            assertThat(settings(
                            manifests,
                            Objects.requireNonNull(manifests.services().get(service))))
                    .containsEntry("QUARKUS_HTTP_PORT", properties.getProperty("quarkus.http.port"));
        }
    }

    @Test
    void workersFindTheModels() {
        Manifests manifests = Manifests.of("base");

        Map<String, String> settings =
                settings(manifests, Objects.requireNonNull(manifests.services().get("rollout")));

        for (String variable : List.of("MILLRACE_POLICY", "MILLRACE_REWARD")) {
            String[] target = Objects.requireNonNull(settings.get(variable))
                    .replace("dns:///", "")
                    .split(":");
            Service service = manifests.one(Service.class, target[0]);
            assertThat(service.getSpec().getClusterIP()).isEqualTo("None");
            assertThat(service.getSpec().getPorts().getFirst().getPort()).isEqualTo(Integer.parseInt(target[1]));
        }
    }

    @Test
    void nobodyTalksToAnybodyUnlessItIsWritten() {
        Manifests manifests = Manifests.of("base");

        NetworkPolicy deny = manifests.one(NetworkPolicy.class, "default-deny");
        assertThat(deny.getSpec().getPolicyTypes()).containsExactlyInAnyOrder("Ingress", "Egress");
        assertThat(deny.getSpec().getPodSelector().getMatchLabels()).isEmpty();
        assertThat(deny.getSpec().getIngress()).isEmpty();
        assertThat(deny.getSpec().getEgress()).isEmpty();
        manifests.pods().forEach((name, pod) -> assertThat(pod.getMetadata().getLabels())
                .as(name)
                .containsEntry("app.kubernetes.io/part-of", "millrace"));
    }

    /// All ranks are told the same, and the index tells them apart.
    @ParameterizedTest
    @FieldSource("OF_RANKS")
    void ranksFindEachOtherAndNobodyElse(String folder) {
        Manifests manifests = Manifests.of(folder);
        Job job = manifests.one(Job.class, "ranks");
        Service service = manifests.one(Service.class, "ranks");
        Container container = only(job.getSpec().getTemplate());

        assertThat(job.getSpec().getCompletionMode()).isEqualTo("Indexed");
        assertThat(job.getSpec().getParallelism()).isEqualTo(job.getSpec().getCompletions());
        assertThat(container.getArgs())
                .contains("--world=" + job.getSpec().getCompletions())
                .contains("--rendezvous=ranks-0.ranks:"
                        + container.getPorts().getFirst().getContainerPort());
        assertThat(job.getSpec().getTemplate().getSpec().getSubdomain())
                .isEqualTo(service.getMetadata().getName());
        assertThat(service.getSpec().getClusterIP()).isEqualTo("None");
        assertThat(service.getSpec().getPublishNotReadyAddresses()).isTrue();
        assertThat(job.getSpec().getTemplate().getMetadata().getLabels())
                .containsAllEntriesOf(service.getSpec().getSelector());
        assertThat(settings(manifests, job.getSpec().getTemplate()))
                .containsEntry("OMP_WAIT_POLICY", "PASSIVE")
                .containsKeys("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_");

        NetworkPolicy policy = manifests.one(NetworkPolicy.class, "ranks");
        assertThat(policy.getSpec().getPolicyTypes()).containsExactlyInAnyOrder("Ingress", "Egress");
        assertThat(policy.getSpec().getIngress()).allSatisfy(rule -> assertThat(rule.getFrom())
                .extracting(peer -> peer.getPodSelector().getMatchLabels())
                .containsExactly(service.getSpec().getSelector()));
        Egress egress = Egress.of(manifests, "ranks");
        assertThat(egress.reaches("93.184.215.14", 443)).isFalse();
        assertThat(egress.reachesPod(Map.of("app.kubernetes.io/name", "kafka"), 9092))
                .isFalse();
    }

    /// The class that the pods start is one that there is.
    @Test
    void ranksStartTheCommandOfTheTrainer() {
        Container container =
                only(Manifests.of("ranks").one(Job.class, "ranks").getSpec().getTemplate());

        assertThat(container.getImage()).isEqualTo("millrace/trainer");
        assertThat(Path.of(
                        "..",
                        "trainer-service/src/main/java",
                        container.getCommand().getLast().replace('.', '/') + ".java"))
                .isRegularFile()
                .content()
                .contains("public static void main(");
    }

    /// Whatever address a page links to, or a name is made to resolve to.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "10.96.0.1",
                "100.64.0.1",
                "127.0.0.1",
                "169.254.169.254",
                "172.20.1.1",
                "192.168.1.1",
                "198.18.0.1",
                "224.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "64:ff9b::a00:1",
                "fd00::1",
                "fe80::1",
                "ff02::1"
            })
    void theCrawlerReachesNothingPrivate(String address) {
        Egress crawler = Egress.of(Manifests.of("base"), "crawler");

        for (int port : List.of(80, 443, 6443, 8107, 9000, 9092, 9093, 9443)) {
            assertThat(crawler.reaches(address, port))
                    .as("%s port %d", address, port)
                    .isFalse();
        }
    }

    @Test
    void whatTheyNeedIsReached() {
        Manifests manifests = Manifests.of("base");
        Egress crawler = Egress.of(manifests, "crawler");

        assertThat(crawler.reaches("93.184.215.14", 80)).isTrue();
        assertThat(crawler.reaches("2606:2800:21f:cb07::1", 443)).isTrue();
        assertThat(crawler.reaches("93.184.215.14", 9092)).isFalse();
        for (String service : SERVICES) {
            Egress egress = Egress.of(manifests, service);
            assertThat(egress.reachesPod(Map.of("app.kubernetes.io/name", "kafka"), 9092))
                    .as(service)
                    .isTrue();
            assertThat(egress.reachesNamespace(Map.of("millrace.org/kafka", "true"), 9093))
                    .as(service)
                    .isTrue();
            boolean stores = !service.equals("rollout");
            assertThat(egress.reaches("52.216.0.1", 443)).as(service).isEqualTo(stores);
            assertThat(egress.reachesPod(Map.of("app.kubernetes.io/name", "minio"), 9000))
                    .as(service)
                    .isEqualTo(stores);
            assertThat(egress.reachesNamespace(Map.of("millrace.org/artifacts", "true"), 9000))
                    .as(service)
                    .isEqualTo(stores);
        }
    }

    @Test
    void brokersOutsideTheClusterAreReachedWhereAnOverlaySaysSo() {
        Egress crawler = Egress.of(Manifests.of("src/test/overlays/private-network"), "crawler");

        assertThat(crawler.reaches("10.20.0.7", 9092)).isTrue();
        assertThat(crawler.reaches("10.20.0.7", 80)).isFalse();
        assertThat(crawler.reaches("10.21.0.7", 9092)).isFalse();
        assertThat(crawler.reaches("192.0.2.7", 9092)).isFalse();
    }

    @Test
    void aCollectorIsReachedByThoseWhoMakeTracesAndWhereAnOverlaySaysSo() {
        Map<String, String> collector = Map.of("app.kubernetes.io/name", "opentelemetry-collector");
        Manifests traced = Manifests.of("src/test/overlays/traces");
        Manifests base = Manifests.of("base");

        traced.services().forEach((name, pod) -> {
            assertThat(settings(traced, pod))
                    .as(name)
                    .containsEntry("OTEL_SDK_DISABLED", "false")
                    .containsEntry("OTEL_EXPORTER_OTLP_ENDPOINT", "http://opentelemetry-collector:4317");
            boolean makes = List.of("trainer", "rollout", "inference", "reward").contains(name);
            assertThat(Egress.of(traced, name).reachesPod(collector, 4317))
                    .as(name)
                    .isEqualTo(makes);
            assertThat(Egress.of(traced, name).reachesNamespace(Map.of("millrace.org/traces", "true"), 4317))
                    .as(name)
                    .isEqualTo(makes);
        });
        base.services().forEach((name, pod) -> {
            assertThat(settings(base, pod))
                    .as(name)
                    .doesNotContainKeys("OTEL_SDK_DISABLED", "OTEL_EXPORTER_OTLP_ENDPOINT");
            assertThat(Egress.of(base, name).reachesPod(collector, 4317))
                    .as(name)
                    .isFalse();
        });
    }

    /// What docs/operations.md says that has to be set before a process starts.
    @ParameterizedTest
    @FieldSource("OF_SERVICES")
    void nativeLibrariesAreSetUp(String folder) {
        Manifests manifests = Manifests.of(folder);

        manifests.services().forEach((name, pod) -> {
            Map<String, String> settings = settings(manifests, pod);
            assertThat(settings)
                    .as(name)
                    .containsEntry("OMP_WAIT_POLICY", "PASSIVE")
                    .containsEntry("GOMP_SPINCOUNT", "1000");
            if (name.equals("trainer")) {
                assertThat(settings)
                        .containsKeys("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_")
                        .doesNotContainKey("MALLOC_ARENA_MAX");
            } else {
                assertThat(settings).as(name).containsEntry("MALLOC_ARENA_MAX", "2");
            }
            if (List.of("reward", "inference").contains(name)) {
                assertThat(settings).as(name).containsEntry("ORT_DISABLE_TELEMETRY", "1");
            }
        });
    }

    @Test
    void workersScaleAndDrainsAreGentle() {
        Manifests manifests = Manifests.of("base");

        HorizontalPodAutoscaler scaler = manifests.one(HorizontalPodAutoscaler.class, "rollout");
        assertThat(scaler.getSpec().getScaleTargetRef().getKind()).isEqualTo("Deployment");
        assertThat(scaler.getSpec().getMaxReplicas())
                .isGreaterThan(scaler.getSpec().getMinReplicas());
        assertThat(manifests.all(PodDisruptionBudget.class))
                .extracting(it -> it.getMetadata().getName())
                .containsExactlyInAnyOrder("inference", "rollout");
    }

    @Test
    void topicsAreCreatedByTheCommand() {
        Container container =
                only(Manifests.of("base").one(Job.class, "topics").getSpec().getTemplate());

        assertThat(container.getImage()).isEqualTo("millrace/cli");
        assertThat(container.getArgs()).containsExactly("topics");
    }

    @Test
    void theGpuOverlayGivesAcceleratorsToThoseWhoComputeOnThem() {
        Manifests manifests = Manifests.of("overlays/gpu");

        manifests.services().forEach((name, pod) -> {
            boolean computes = List.of("trainer", "inference").contains(name);
            assertThat(only(pod).getResources().getLimits().get("nvidia.com/gpu"))
                    .as(name)
                    .isEqualTo(computes ? new Quantity("1") : null);
            assertThat(only(pod).getImage()).as(name).isEqualTo("millrace/" + name + (computes ? ":gpu" : ""));
        });
        assertThat(settings(
                        manifests, Objects.requireNonNull(manifests.services().get("inference"))))
                .containsEntry("MILLRACE_INFERENCE_DEVICE", "cuda");
    }

    @Test
    void theLocalOverlaySharesArtifactsOnAVolume() {
        Manifests manifests = Manifests.of("overlays/local");

        manifests.one(PersistentVolumeClaim.class, "artifacts");
        manifests.services().forEach((name, pod) -> {
            assertThat(settings(manifests, pod)).as(name).containsEntry("MILLRACE_ARTIFACTS", "file:/artifacts");
            assertThat(only(pod).getVolumeMounts())
                    .as(name)
                    .extracting(VolumeMount::getMountPath)
                    .contains("/artifacts");
        });
    }

    private static Container only(PodTemplateSpec pod) {
        assertThat(pod.getSpec().getContainers()).hasSize(1);
        return pod.getSpec().getContainers().getFirst();
    }

    private static String path(Probe probe) {
        assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("http");
        return probe.getHttpGet().getPath();
    }

    private static Map<String, String> settings(Manifests manifests, PodTemplateSpec pod) {
        Map<String, String> settings = new HashMap<>();
        for (EnvFromSource source : only(pod).getEnvFrom()) {
            if (source.getConfigMapRef() != null) {
                settings.putAll(manifests
                        .one(ConfigMap.class, source.getConfigMapRef().getName())
                        .getData());
            }
        }
        return settings;
    }

    private static long bytes(Container container, boolean requested) {
        Map<String, Quantity> amounts = requested
                ? container.getResources().getRequests()
                : container.getResources().getLimits();
        return Quantity.getAmountInBytes(Objects.requireNonNull(amounts.get("memory")))
                .longValueExact();
    }

    /// The model keeps what it has no field for in `additionalProperties`: misspelt fields end there.
    private static void collectUnknown(String place, Object object, List<String> unknown)
            throws ReflectiveOperationException {
        if (object instanceof Collection<?> elements) {
            int index = 0;
            for (Object element : elements) {
                collectUnknown("%s[%d]".formatted(place, index++), element, unknown);
            }
            return;
        }
        if (!object.getClass().getName().startsWith("io.fabric8.kubernetes.api.model")
                || object instanceof Quantity
                || object.getClass().isEnum()) {
            return;
        }
        for (Method method : object.getClass().getMethods()) {
            if (method.getName().startsWith("get") && method.getParameterCount() == 0) {
                Object value = method.invoke(object);
                if (method.getName().equals("getAdditionalProperties") && value instanceof Map<?, ?> extra) {
                    extra.keySet().forEach(key -> unknown.add(place + "." + key));
                } else if (value != null && !(value instanceof Class)) {
                    collectUnknown(place + "." + method.getName().substring(3), value, unknown);
                }
            }
        }
    }
}
