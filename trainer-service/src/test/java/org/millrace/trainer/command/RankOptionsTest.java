package org.millrace.trainer.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.trainer.Rendezvous;
import picocli.CommandLine;

class RankOptionsTest {

    private static RankOptions parsed(String... args) {
        RankOptions options = new RankOptions();
        new CommandLine(options).parseArgs(args);
        return options;
    }

    /// All pods of an Indexed Job are told the same.
    @Test
    void theIndexOfAJobIsTheRank() {
        RankOptions options = parsed("--world", "4", "--rendezvous", "ranks-0.ranks:29500", "--timeout", "90");

        assertThat(options.place(Map.of("JOB_COMPLETION_INDEX", "3")))
                .contains(
                        new Rendezvous(3, 4, "ranks-0.ranks", 29_500, Duration.ofSeconds(90), Duration.ofSeconds(300)));
    }

    @Test
    void aRankThatIsNamedIsNotTheIndex() {
        RankOptions options = parsed("--world", "4", "--rank", "1", "--rendezvous", "[::1]:29500");

        assertThat(options.place(Map.of("JOB_COMPLETION_INDEX", "3")))
                .contains(new Rendezvous(1, 4, "[::1]", 29_500, Duration.ofSeconds(60), Duration.ofSeconds(300)));
    }

    /// A job that trains alone has an index too.
    @Test
    void withoutAWorldAProcessIsAlone() {
        assertThat(parsed().place(Map.of("JOB_COMPLETION_INDEX", "0"))).isEmpty();
    }
}
