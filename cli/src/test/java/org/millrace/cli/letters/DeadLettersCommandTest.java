package org.millrace.cli.letters;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.millrace.cli.Failure;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.testkit.BrokerExtension;
import picocli.CommandLine;

/// The commands as a user calls them; that a replay is exact, `DeadLetterReplayTest` of `lib/exactly-once` shows.
class DeadLettersCommandTest {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    private static final String TOPIC = Events.topicName(PageFetched.class);

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = System.out;

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(printed, true, UTF_8));
    }

    @AfterEach
    void release() {
        System.setOut(out);
    }

    @Test
    void lettersAreListedReplayedAndNotReplayedAgain() throws Exception {
        assertThat(run("list")).contains("There are no dead letters.");
        giveUp();

        assertThat(run("list")).contains(TOPIC + "                    2        2  cannot\uFFFD[2J be read");
        assertThat(run("list", TOPIC, "--newest", "1"))
                .contains(TOPIC + ": 2 letters, 2 wait")
                .contains("3/42  by cleaner  key k42  2 bytes  replayed 0 times")
                .doesNotContain("3/41");
        assertThat(run("replay", TOPIC + ".dlq"))
                .contains("2 letters are on " + TOPIC + " again.")
                .endsWith("{\"topic\":\"pages.fetched.v1\",\"replayed\":2,\"given_up\":0,\"foreign\":0}\n");
        assertThat(run("replay", TOPIC)).contains("Nothing to replay");
        assertThat(run("list")).contains(TOPIC + "                    2        0");
    }

    /// As the cleaner would, with a reason that would clear the terminal.
    private static void giveUp() throws Exception {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            for (int offset = 41; offset <= 42; offset++) {
                var record = new ConsumerRecord<String, byte[]>(TOPIC, 3, offset, "k" + offset, new byte[] {1, 2});
                producer.send(DeadLetters.of(record, "cleaner", "cannot\u001B[2J be read"))
                        .get();
            }
        }
    }

    @Test
    void aTopicThatIsNoneIsNamedWithThoseThereAre() {
        assertThat(failure("list", "pages.feched.v1"))
                .startsWith("TOPIC: expected one of ")
                .contains(TOPIC)
                .endsWith("got pages.feched.v1");
        assertThat(failure("replay", "nothing")).endsWith("got nothing");
    }

    @Test
    void wrongUsageIsRefused() {
        assertThat(new CommandLine(new DeadLettersCommand()).execute()).isEqualTo(2);
        assertThat(new CommandLine(new DeadLettersCommand()).execute("replay")).isEqualTo(2);
        assertThat(new CommandLine(new DeadLettersCommand()).execute("replay", TOPIC, "--most", "0"))
                .isEqualTo(2);
    }

    private String run(String... arguments) {
        printed.reset();
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--bootstrap";
        all[arguments.length + 1] = BROKER.bootstrapServers();

        int code = new CommandLine(new DeadLettersCommand()).execute(all);

        assertThat(code).as(printed.toString(UTF_8)).isZero();
        return printed.toString(UTF_8);
    }

    private static String failure(String... arguments) {
        Exception[] thrown = new Exception[1];
        new CommandLine(new DeadLettersCommand())
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    thrown[0] = e;
                    return 1;
                })
                .execute(arguments);
        assertThat(thrown[0]).isInstanceOf(Failure.class);
        return String.valueOf(thrown[0].getMessage());
    }
}
