package org.millrace.cli;

import org.millrace.cli.chat.Drawing;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// How a chat's answers are drawn.
final class DrawingOptions {

    private final Drawing drawing = new Drawing();

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // picocli sets it before the options
    private CommandSpec command;

    Drawing drawing() {
        return drawing;
    }

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "0: always the likeliest token (default); else 0.01 to 100.")
    void temperature(String value) {
        set("--temperature", value);
    }

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Draw of the likeliest tokens that have P of all probability, 0 to 1 (default: of all).")
    void topP(String value) {
        set("--top-p", value);
    }

    @Option(names = "--top-k", paramLabel = "K", description = "Draw of the K likeliest tokens (default: of all).")
    void topK(String value) {
        set("--top-k", value);
    }

    @Option(
            names = "--min-p",
            paramLabel = "P",
            description = "Draw of tokens at least P times as likely as the likeliest, 0 to 1 (default: of all).")
    void minP(String value) {
        set("--min-p", value);
    }

    @Option(names = "--seed", paramLabel = "N", description = "Same seed, same answers (default: a new one each time).")
    void seed(String value) {
        set("--seed", value);
    }

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Longest answer (default: as long as the model's context has room).")
    void maxTokens(String value) {
        set("--max-tokens", value);
    }

    private void set(String option, String value) {
        try {
            drawing.set(option, value);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
