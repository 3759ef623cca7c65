package org.millrace.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.cli.Failure;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardHeader;
import org.millrace.shards.ShardWriter;
import picocli.CommandLine;

/// Of a folder and of options; what is taken from a log is in [RetractCommandTest], which has one.
class ExportCommandTest {

    private final StringWriter complaints = new StringWriter();

    @TempDir
    Path dir;

    @Test
    void theShardsOfAFolderBecomeOneFile() throws IOException {
        Path shards = Files.createDirectory(dir.resolve("shards"));
        shard(shards.resolve("a"), 1, 2);
        shard(shards.resolve("b"), 1, 3);

        assertThat(run("--format", "llm.c", "--shards", shards + "", "--out", dir.resolve("x/y") + ""))
                .as(complaints.toString())
                .isZero();
        assertThat(run("--format", "datatrove", "--shards", shards + "", "--out", dir + ""))
                .isZero();

        assertThat(dir.resolve("x/y/shards.bin")).hasSize(256 * 4 + 5 * 2);
        assertThat(dir.resolve("shards.ds")).hasSize(5 * 2);
        assertThat(dir.resolve("shards.ds.index")).hasSize(2 * 8);
    }

    @Test
    void whatDoesNotFitTogetherIsSaidAndLeavesNothing() throws IOException {
        Path shards = Files.createDirectory(dir.resolve("shards"));
        shard(shards.resolve("a"), 1, 2);
        shard(shards.resolve("b"), 2, 3);

        assertThat(run("--format", "llm.c", "--shards", shards + "", "--out", dir + ""))
                .isEqualTo(1);
        assertThat(complaints.toString()).contains("tokenizerVersion: expected 1", "got 2");
        assertThat(dir).isDirectoryNotContaining(file -> Files.isRegularFile(file));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --format parquet --out x                            | 2 | --format: expected llm.c or datatrove, got "parquet"
            --format llm.c --out x --split middle               | 2 | --split
            --format llm.c --out x --version new                | 2 | --version
            --format llm.c --out x --shards y --split train     | 2 | --shards: expected no --tokenizer
            --format llm.c --out pom.xml --shards .             | 1 | --out: expected a folder, got the file pom.xml
            --format llm.c --out x --shards /none               | 1 | --shards: expected a folder, got /none
            --format llm.c                                      | 2 | --out
            """)
    void badOptionsAreNamed(String options, int code, String complaint) {
        assertThat(run(options.split(" "))).isEqualTo(code);
        assertThat(complaints.toString()).contains(complaint);
    }

    private static void shard(Path file, long version, int ids) throws IOException {
        ShardWriter.write(
                file,
                new ShardHeader(ShardHeader.Kind.DOCUMENTS, "atlas", version, "", 300),
                List.of(new Sequence("d", new int[ids], 1)));
    }

    private int run(String... arguments) {
        return new CommandLine(new ExportCommand())
                .setErr(new PrintWriter(complaints, true))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    assertThat(e).isInstanceOf(Failure.class);
                    command.getErr().println(e.getMessage());
                    return 1;
                })
                .execute(arguments);
    }
}
