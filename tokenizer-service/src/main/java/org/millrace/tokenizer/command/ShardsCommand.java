package org.millrace.tokenizer.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.millrace.bpe.Role;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.tokenizer.Conversation;
import org.millrace.tokenizer.Document;
import org.millrace.tokenizer.PublishedTokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Texts and conversations to a folder that `./millrace train folder` trains from.
@Command(
        name = "shards",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes documents and conversations as token shards, with the tokenizer beside them and those to"
                + " measure on in the folder validation: what ./millrace train folder trains from.")
final class ShardsCommand implements Callable<Integer> {

    static final String NOT_YET = "expected a folder that is not there yet";

    private final TokenizeCommand.Console console;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE|DIR|-",
            description = "Text files, each a document; .jsonl, where a line with \"text\" is a document and one with"
                    + " \"messages\" (a list of \"role\" and \"content\") a conversation; folders of these; also"
                    + " gzipped; - for standard input, which is one document.")
    @SuppressWarnings("NullAway.Init")
    private List<String> names;

    @Option(
            names = "--tokenizer",
            required = true,
            paramLabel = "DIR",
            description = "Folder with tokenizer.json, and a chat template unless ours is meant.")
    @SuppressWarnings("NullAway.Init")
    private Path tokenizer;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "The folder; must not be there yet.")
    @SuppressWarnings("NullAway.Init")
    private Path out;

    @Option(
            names = "--validation-share",
            paramLabel = "X",
            description = "Share of documents and conversations to measure on, 0 to 0.5, chosen by their ids"
                    + " (default: 0.02).")
    private double validationShare = 0.02;

    @Option(
            names = "--dataset",
            paramLabel = "NAME",
            description = "Of conversations whose line has no \"dataset\", [a-z0-9-]{1,64} (default: chat).")
    private String dataset = "chat";

    @Option(
            names = "--shard-megabytes",
            paramLabel = "N",
            description = "Text of a batch of shards, 1 to 1,000 (default: 64).")
    private int shardMegabytes = 64;

    ShardsCommand(TokenizeCommand.Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (!(validationShare >= 0 && validationShare <= 0.5)) {
            throw wrong("--validation-share: expected 0 to 0.5, got " + validationShare);
        }
        if (shardMegabytes < 1 || shardMegabytes > 1_000) {
            throw wrong("--shard-megabytes: expected 1 to 1,000, got " + shardMegabytes);
        }
        if (!Conversation.DATASET.matcher(dataset).matches()) {
            throw wrong("--dataset: expected %s, got \"%.80s\"".formatted(Conversation.DATASET, dataset));
        }
        if (Files.exists(out)) {
            throw new FileAlreadyExistsException(out.toString(), null, NOT_YET);
        }
        Tokenizer words = Tokenizer.read(tokenizer.resolve("tokenizer.json"));
        PublishedTokenizer published;
        try {
            published = new PublishedTokenizer("folder", 1, words, ChatFormat.read(tokenizer, words));
        } catch (IllegalArgumentException e) {
            throw new IOException("%s: %s".formatted(tokenizer, e.getMessage()), e);
        }
        try (ShardsFolder folder = new ShardsFolder(out, published, validationShare, shardMegabytes * 1_000_000L)) {
            Texts.each(names, console.in(), new Texts.Taker() {
                @Override
                public void take(byte[] text) throws IOException {
                    if (text.length > 0) {
                        String document = new String(text, StandardCharsets.UTF_8);
                        folder.add(new Document(id(text), "", "", document));
                    }
                }

                @Override
                public void take(Path file, int line, JsonNode conversation) throws IOException {
                    try {
                        folder.add(conversation(conversation));
                    } catch (IllegalArgumentException e) {
                        throw new IOException("%s: line %d: %s".formatted(file, line, e.getMessage()), e);
                    }
                }
            });
            if (folder.sequences() == 0) {
                throw new IOException("%s: expected at least 1 document or conversation, got none"
                        .formatted(String.join(", ", names)));
            }
            folder.publish(tokenizer);
            PrintWriter err = spec.commandLine().getErr();
            err.printf(
                    Locale.ROOT,
                    "%s: %,d documents, %,d conversations, %,d tokens in %,d shards%n",
                    out,
                    folder.documents(),
                    folder.conversations(),
                    folder.tokens(),
                    folder.shards());
            err.flush();
        }
        return 0;
    }

    private Conversation conversation(JsonNode line) {
        List<Turn> turns = new ArrayList<>();
        for (JsonNode message : line.path("messages")) {
            String at = "messages[%d].".formatted(turns.size());
            turns.add(new Turn(role(at, message), text(at, message, "content")));
        }
        return new Conversation(
                line.has("id")
                        ? text("", line, "id")
                        : id(line.path("messages").toString().getBytes(StandardCharsets.UTF_8)),
                line.has("dataset") ? text("", line, "dataset") : dataset,
                turns);
    }

    private static Role role(String at, JsonNode message) {
        String name = text(at, message, "role");
        return switch (name) {
            case "system" -> Role.SYSTEM;
            case "user" -> Role.USER;
            case "assistant" -> Role.ASSISTANT;
            case "tool_call" -> Role.TOOL_CALL;
            case "tool_output", "tool" -> Role.TOOL_OUTPUT;
            default ->
                throw new IllegalArgumentException(
                        "%srole: expected system, user, assistant, tool_call or tool_output, got \"%.40s\""
                                .formatted(at, name));
        };
    }

    private static String text(String at, JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isTextual()) {
            throw new IllegalArgumentException(
                    "%s%s: expected a text, got %s".formatted(at, field, value.getNodeType()));
        }
        return value.textValue();
    }

    /// The same text has the same id, and so the same split.
    private static String id(byte[] text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
