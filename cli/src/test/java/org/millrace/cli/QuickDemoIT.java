package org.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Message;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.broker.Broker;
import org.millrace.cli.runtime.Health;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.SystemState;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.proto.events.v1.RewardScored;
import org.millrace.proto.events.v1.RolloutCompleted;

/// The whole system as a user runs it: the quick demo in a process of its own, with a cleaner and a
/// rollout worker killed in the middle. Afterwards the log is opened again and accounts for every page
/// and every rollout.
class QuickDemoIT {

    private static final Duration PATIENCE = Duration.ofMinutes(14);

    private final Path installation = Path.of(System.getenv("MILLRACE_HOME"));
    private final Home home = Home.at(installation.resolve("cli/target/quick-demo"));

    @Test
    void theQuickDemoReachesItsFiguresThoughProcessesAreKilled() throws Exception {
        Files.createDirectories(home.state().getParent());
        File output = installation.resolve("cli/target/quick-demo.out").toFile();
        Process demo = start(output);
        long most = 0;
        try {
            await().atMost(Duration.ofMinutes(4)).until(() -> !demo.isAlive() || state().ready());
            kill("cleaner", DocumentCleaned.class, document -> true, demo);
            kill("rollout-1", RolloutCompleted.class, rollout -> true, demo);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (demo.isAlive() && System.nanoTime() < deadline) {
                most = Math.max(most, residentMibWithoutTrainer());
                demo.waitFor(2, TimeUnit.SECONDS);
            }
            assertThat(demo.isAlive()).as("still running after %s", PATIENCE).isFalse();
        } finally {
            demo.destroy();
            if (!demo.waitFor(60, TimeUnit.SECONDS)) {
                demo.destroyForcibly();
            }
        }
        List<String> lines = Files.readAllLines(output.toPath());
        assertThat(demo.exitValue())
                .as("exit code; output:\n%s", String.join("\n", lines))
                .isZero();

        JsonNode figures = new ObjectMapper().readTree(lines.getLast());
        figures(figures);
        assertThat(most).as("MiB resident of everything but the trainer").isBetween(1L, 3L * 1024);
        assertThat(lines).anyMatch(line -> line.contains("cleaner ended with code 137"));
        assertThat(lines).anyMatch(line -> line.contains("rollout-1 ended with code 137"));
        try (Broker broker = Broker.start(home.state().resolve("kafka"), 0)) {
            everyPageIsJudgedOnce(broker.bootstrapServers());
            everyRolloutIsThereAndScored(broker.bootstrapServers());
        }
        theDataReportCountsAsTheDemoDid(figures);
    }

    private static void figures(JsonNode figures) {
        assertThat(figures.path("documents_kept").asLong()).isGreaterThan(100);
        assertThat(figures.path("documents_dropped").size())
                .as("rules that dropped something")
                .isGreaterThan(3);
        assertThat(figures.path("bits_per_byte").asDouble()).isBetween(0.01, 2.0);
        assertThat(figures.path("base_exact").asDouble(1)).isLessThan(0.05);
        assertThat(figures.path("sft_exact_heldout").asDouble()).isGreaterThanOrEqualTo(0.5);
        assertThat(figures.path("unknown_refused").asDouble(-1)).isBetween(0.0, 1.0);
        assertThat(figures.path("reward_accuracy").asDouble())
                .isGreaterThan(figures.path("reward_length_baseline").asDouble(1));
        assertThat(figures.path("ppo_reward_after").asDouble(-9))
                .isGreaterThan(figures.path("ppo_reward_before").asDouble(9));
        assertThat(figures.path("ppo_kl").asDouble(99)).isBetween(0.0, 2.0);
        assertThat(figures.path("exact_after_ppo").asDouble())
                .isGreaterThanOrEqualTo(figures.path("exact_before_ppo").asDouble(1) - 0.02);
        assertThat(figures.path("seconds").asDouble()).isPositive();
    }

    private Process start(File output) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                installation.resolve("cli/target/cli.jar") + File.pathSeparator + installation.resolve("cli/target/lib")
                        + "/*",
                Millrace.class.getName(),
                "demo",
                "--quick",
                "--state",
                home.state().toString());
        builder.environment().put("MILLRACE_HOME", installation.toString());
        Process process =
                builder.redirectErrorStream(true).redirectOutput(output).start();
        process.getOutputStream().close();
        return process;
    }

    private SystemState state() throws IOException {
        return SystemState.read(home)
                .orElse(new SystemState(new SystemState.Running("none", 0, 0, 0), false, Map.of(), List.of()));
    }

    /// SIGKILL to a process as soon as the log shows that its work is under way.
    private <M extends Message> void kill(String component, Class<M> type, Predicate<M> underWay, Process demo)
            throws IOException {
        String bootstrap = state().layout().bootstrapServers();
        try (Reader<M> reader = new Reader<>(bootstrap, type)) {
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> !demo.isAlive()
                            || reader.next(Duration.ofMillis(100)).stream().anyMatch(underWay));
        }
        assertThat(demo.isAlive())
                .as("the demo ended before %s could be killed", component)
                .isTrue();
        long pid = state().processes().stream()
                .filter(process -> process.name().equals(component))
                .findFirst()
                .orElseThrow()
                .pid();
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    }

    private long residentMibWithoutTrainer() throws IOException {
        return state().processes().stream()
                .filter(process -> !process.name().equals("trainer"))
                .mapToLong(process -> Health.residentMib(process.pid()))
                .sum();
    }

    private static void everyPageIsJudgedOnce(String bootstrap) {
        Set<String> fetched = new HashSet<>();
        for (PageFetched page : all(bootstrap, PageFetched.class)) {
            assertThat(fetched.add(page.getUrl()))
                    .as("fetched twice: %s", page.getUrl())
                    .isTrue();
        }
        Set<String> wanted = new HashSet<>();
        for (PageFetched page : all(bootstrap, PageFetched.class)) {
            if (page.getOutcome() == PageFetched.Outcome.OUTCOME_FETCHED) {
                wanted.add(page.getUrl());
            }
        }
        // What is kept is what was cleaned without what was taken back, each text where it stands last.
        Map<String, String> kept = new HashMap<>();
        all(bootstrap, DocumentCleaned.class)
                .forEach(document -> kept.put(document.getDocumentId(), document.getUrl()));
        Map<String, String> retracted = new HashMap<>();
        each(bootstrap, DocumentRetracted.class, (key, event) -> {
            if (event == null) {
                retracted.remove(key);
            } else {
                retracted.put(key, event.getDocumentId());
            }
        });
        kept.keySet().removeAll(retracted.values());
        List<String> verdicts = new ArrayList<>(kept.values());
        all(bootstrap, DocumentDropped.class).forEach(document -> verdicts.add(document.getUrl()));
        assertThat(verdicts).doesNotHaveDuplicates();
        assertThat(new HashSet<>(verdicts)).isEqualTo(wanted);
    }

    /// A prompt may be worked twice when a worker dies; then its rollouts carry the same ids.
    private static void everyRolloutIsThereAndScored(String bootstrap) {
        Map<String, Set<Integer>> samples = new HashMap<>();
        Set<String> rollouts = new HashSet<>();
        for (RolloutCompleted rollout : all(bootstrap, RolloutCompleted.class)) {
            samples.computeIfAbsent(rollout.getPromptId(), id -> new HashSet<>())
                    .add(rollout.getSample());
            rollouts.add(rollout.getRolloutId());
            assertThat(rollout.getLogProbsCount()).isEqualTo(rollout.getTokensCount());
            assertThat(rollout.getModelVersionsCount()).isEqualTo(rollout.getTokensCount());
        }
        List<PromptSubmitted> prompts = all(bootstrap, PromptSubmitted.class).stream()
                .filter(prompt -> prompt.getUse() == PromptSubmitted.Use.USE_TRAIN)
                .toList();
        assertThat(prompts).isNotEmpty();
        for (PromptSubmitted prompt : prompts) {
            assertThat(samples.getOrDefault(prompt.getPromptId(), Set.of())).hasSize(prompt.getSamples());
        }
        Set<String> scored = new HashSet<>();
        all(bootstrap, RewardScored.class).forEach(score -> scored.add(score.getRolloutId()));
        assertThat(scored).isEqualTo(rollouts);
    }

    private static <M extends Message> List<M> all(String bootstrap, Class<M> type) {
        List<M> found = new ArrayList<>();
        each(bootstrap, type, (key, event) -> found.add(Objects.requireNonNull(event, "a tombstone")));
        return found;
    }

    private static <M extends Message> void each(
            String bootstrap, Class<M> type, BiConsumer<String, @Nullable M> events) {
        try (Reader<M> reader = new Reader<>(bootstrap, type)) {
            while (!reader.atEnd()) {
                reader.next(Duration.ofMillis(200), events);
            }
        }
    }

    /// The data report opens the log of a stopped system, and counts as the demo did.
    private void theDataReportCountsAsTheDemoDid(JsonNode figures) throws Exception {
        Path html = installation.resolve("cli/target/quick-demo-data.html");
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream out = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        int code;
        try {
            code = Millrace.execute("data", "report", "--state", home.state().toString(), "--out", html.toString());
        } finally {
            System.setOut(out);
        }

        assertThat(code).isZero();
        String[] lines = printed.toString(StandardCharsets.UTF_8).strip().split("\n");
        JsonNode report = new ObjectMapper().readTree(lines[lines.length - 1]);
        assertThat(report.path("kept")).isEqualTo(figures.path("documents_kept"));
        assertThat(report.path("dropped_by_rule")).isEqualTo(figures.path("documents_dropped"));
        assertThat(report.path("parameters").asLong()).isGreaterThan(1_000_000);
        assertThat(report.path("verdict").asText()).isEqualTo("too little"); // a world learned by heart
        assertThat(html).isNotEmptyFile();
    }

    private static final class Reader<M extends Message> implements AutoCloseable {

        private final KafkaConsumer<String, byte[]> consumer;
        private final Class<M> type;
        private final Map<TopicPartition, Long> ends;

        Reader(String bootstrap, Class<M> type) {
            this.type = type;
            consumer = new KafkaConsumer<>(
                    Map.of(
                            "bootstrap.servers",
                            bootstrap,
                            "isolation.level",
                            "read_committed",
                            "enable.auto.commit",
                            false),
                    new StringDeserializer(),
                    new ByteArrayDeserializer());
            String topic = Events.topicName(type);
            List<TopicPartition> partitions = consumer.partitionsFor(topic, Duration.ofSeconds(30)).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            ends = consumer.endOffsets(partitions, Duration.ofSeconds(30));
        }

        boolean atEnd() {
            return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
        }

        List<M> next(Duration wait) {
            List<M> found = new ArrayList<>();
            next(wait, (key, event) -> found.add(Objects.requireNonNull(event, "a tombstone")));
            return found;
        }

        /// No event under a key takes the one before back.
        void next(Duration wait, BiConsumer<String, @Nullable M> events) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(wait)) {
                try {
                    events.accept(record.key(), record.value() == null ? null : Events.read(record, type));
                } catch (BadRecord e) {
                    throw new AssertionError("unreadable record on " + record.topic(), e);
                }
            }
        }

        @Override
        public void close() {
            consumer.close();
        }
    }
}
