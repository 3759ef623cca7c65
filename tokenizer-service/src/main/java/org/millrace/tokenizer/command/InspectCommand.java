package org.millrace.tokenizer.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import org.millrace.bpe.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows how a text is split.
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Shows how a text is split: each token in the next of four colours, or in brackets where there"
                + " are none. Bytes that are no whole character are shown as <E4>.")
final class InspectCommand implements Callable<Integer> {

    private static final List<String> COLOURS = List.of("bg(24),white", "bg(58),white", "bg(53),white", "bg(22),white");

    private final TokenizeCommand.Console console;

    @Parameters(arity = "1..*", paramLabel = "FILE|DIR|-", description = "As for encode.")
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private List<String> names;

    @Mixin
    private final TokenizerOption tokenizer = new TokenizerOption();

    @Option(names = "--ids", description = "One line a token: id, bytes, text.")
    private boolean ids;

    @Option(names = "--color", negatable = true, description = "Colours or none (default: as the terminal can).")
    private Boolean color;

    InspectCommand(TokenizeCommand.Console console) {
        this.console = console;
        color = console.isTerminal();
    }

    @Override
    public Integer call() throws IOException {
        Tokenizer of = tokenizer.read();
        PrintStream out = new PrintStream(console.out(), false, UTF_8);
        Texts.each(names, console.in(), text -> {
            int[] encoded = of.encode(text);
            for (int i = 0; i < encoded.length; i++) {
                out.print(ids ? line(of, encoded[i]) : split(of, encoded[i], i));
            }
            out.printf("%s%d ids, %d bytes%n", ids ? "" : "\n", encoded.length, text.length);
        });
        out.flush();
        return 0;
    }

    private static String line(Tokenizer tokenizer, int id) {
        byte[] bytes = tokenizer.bytes(id);
        return "%7d  %-24s  %s%n"
                .formatted(
                        id,
                        HexFormat.ofDelimiter(" ").formatHex(bytes),
                        shown(bytes).replace("\n", "\\n"));
    }

    private String split(Tokenizer tokenizer, int id, int at) {
        String shown = shown(tokenizer.bytes(id));
        if (!color) {
            return "[" + shown + "]";
        }
        // A colour that goes on behind the end of a line would fill it.
        StringBuilder coloured = new StringBuilder();
        for (String part : shown.split("(?<=\n)")) {
            String line = part.replace("\n", "↵");
            coloured.append(Ansi.Style.on(Ansi.Style.parse(COLOURS.get(at % COLOURS.size()))))
                    .append(line)
                    .append(Ansi.Style.off(Ansi.Style.parse(COLOURS.get(at % COLOURS.size()))))
                    .append(part.endsWith("\n") ? "\n" : "");
        }
        return coloured.toString();
    }

    /// Text; bytes that are none in hexadecimal. Control characters but newline and tab are none.
    private static String shown(byte[] bytes) {
        try {
            String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            if (text.codePoints().noneMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\t')) {
                return text;
            }
        } catch (CharacterCodingException e) {
            // part of a character
        }
        StringBuilder hex = new StringBuilder();
        for (byte b : bytes) {
            hex.append("<%02X>".formatted(b));
        }
        return hex.toString();
    }
}
