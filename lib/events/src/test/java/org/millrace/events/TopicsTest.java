package org.millrace.events;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.GeneratedMessageV3;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.broker.Broker;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.proto.options.v1.Topic;
import org.millrace.proto.options.v1.TopicOuterClass;

class TopicsTest {

    /// The table of topics in the design.
    private static final Set<String> DESIGNED = Set.of(
            "crawl.seeds.v1",
            "urls.discovered.v1",
            "pages.fetched.v1",
            "documents.cleaned.v1",
            "documents.dropped.v1",
            "documents.retracted.v1",
            "conversations.submitted.v1",
            "tokenizers.published.v1",
            "shards.written.v1",
            "comparisons.requested.v1",
            "rankings.submitted.v1",
            "prompts.submitted.v1",
            "rollouts.completed.v1",
            "rewards.scored.v1",
            "training.jobs.v1",
            "training.metrics.v1",
            "models.published.v1");

    @Test
    void everyDesignedTopicIsThere() {
        assertThat(Topics.all())
                .extracting(Topic::getName)
                .doesNotHaveDuplicates()
                .containsAll(DESIGNED);
    }

    @Test
    void everyMessageWithTheOptionIsFound() throws Exception {
        Set<String> declared = new TreeSet<>();
        for (Class<?> type : generatedClasses()) {
            if (GeneratedMessageV3.class.isAssignableFrom(type)) {
                Descriptor descriptor =
                        (Descriptor) type.getMethod("getDescriptor").invoke(null);
                if (descriptor.getOptions().hasExtension(TopicOuterClass.topic)) {
                    declared.add(descriptor
                            .getOptions()
                            .getExtension(TopicOuterClass.topic)
                            .getName());
                }
            }
        }

        assertThat(Topics.all()).extracting(Topic::getName).containsExactlyElementsOf(declared);
    }

    @Test
    void everyNameIsAPluralNounAPastParticipleAndAVersion() {
        assertThat(Topics.all()).extracting(Topic::getName).allMatch(name -> name.matches("[a-z]+\\.[a-z]+\\.v\\d+"));
    }

    @Test
    void createMakesEveryTopicAndItsDeadLettersOnce(@TempDir Path data) throws Exception {
        try (Broker broker = Broker.start(data, 0);
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            Topics.create(admin, Duration.ofSeconds(30));
            Topics.create(admin, Duration.ofSeconds(30));

            Set<String> names = admin.listTopics().names().get(10, TimeUnit.SECONDS);
            Set<String> expected = Topics.all().stream()
                    .map(Topic::getName)
                    .flatMap(name -> Stream.of(name, name + ".dlq"))
                    .collect(Collectors.toSet());
            assertThat(names).isEqualTo(expected);
            assertThat(partitions(admin, "pages.fetched.v1")).isEqualTo(4);
            assertThat(partitions(admin, "pages.fetched.v1.dlq")).isEqualTo(1);
            assertThat(partitions(admin, "models.published.v1")).isEqualTo(1);
            assertThat(setting(admin, "models.published.v1", "cleanup.policy")).isEqualTo("compact");
            assertThat(setting(admin, "models.published.v1", "min.compaction.lag.ms"))
                    .isEqualTo(String.valueOf(Duration.ofDays(30).toMillis()));
            assertThat(setting(admin, "pages.fetched.v1", "cleanup.policy")).isEqualTo("delete");
            assertThat(setting(admin, "pages.fetched.v1", "retention.ms")).isEqualTo("-1");
            assertThat(setting(admin, "pages.fetched.v1.dlq", "retention.ms")).isEqualTo("-1");
            assertThat(Integer.parseInt(setting(admin, "pages.fetched.v1.dlq", "max.message.bytes")))
                    .isGreaterThan(Integer.parseInt(setting(admin, "pages.fetched.v1", "max.message.bytes")));
        }
    }

    @Test
    void createGivesUpAtItsDeadline() throws IOException {
        try (var silent = new ServerSocket(0);
                Admin admin = Admin.create(Map.of(
                        "bootstrap.servers", "127.0.0.1:" + silent.getLocalPort(), "request.timeout.ms", "500"))) {
            long start = System.nanoTime();

            assertThatThrownBy(() -> Topics.create(admin, Duration.ofSeconds(1)))
                    .isInstanceOf(TimeoutException.class);

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        }
    }

    private static int partitions(Admin admin, String topic) throws Exception {
        Map<String, TopicDescription> topics =
                admin.describeTopics(Set.of(topic)).allTopicNames().get(10, TimeUnit.SECONDS);
        return requireNonNull(topics.get(topic)).partitions().size();
    }

    private static String setting(Admin admin, String topic, String name) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Map<ConfigResource, Config> configs =
                admin.describeConfigs(Set.of(resource)).all().get(10, TimeUnit.SECONDS);
        return requireNonNull(configs.get(resource)).get(name).value();
    }

    /// Every class in the package of the events' contracts, however they are packed.
    private static Set<Class<?>> generatedClasses() throws Exception {
        URI location = PageFetched.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI();
        Path path = Path.of(location);
        if (Files.isDirectory(path)) {
            return generatedClasses(path);
        }
        try (FileSystem jar = FileSystems.newFileSystem(path)) {
            return generatedClasses(jar.getPath("/"));
        }
    }

    private static Set<Class<?>> generatedClasses(Path root) throws Exception {
        Set<Class<?>> classes = new java.util.HashSet<>();
        try (Stream<Path> files = Files.list(root.resolve("org/millrace/proto/events/v1"))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".class") && !name.contains("$")) {
                    classes.add(Class.forName("org.millrace.proto.events.v1." + name.replace(".class", "")));
                }
            }
        }
        assertThat(classes).hasSizeGreaterThan(40);
        return classes;
    }
}
