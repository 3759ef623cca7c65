package org.millrace.cli.chat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReader.Option;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.millrace.cli.report.PlainText;
import org.millrace.proto.events.v1.Message;

/// Asks at a terminal. Ctrl-C interrupts the thread that made this one, which is to listen to the model too.
public final class Person implements Asker {

    private final Terminal terminal;
    private final LineReader reader;

    /// @param history file of earlier lines; made, and nobody else's to read, if it is not there
    public Person(Terminal terminal, Path history) throws IOException {
        if (Files.notExists(history)) {
            Files.createFile(
                    history, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        this.terminal = terminal;
        this.reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .parser(new DefaultParser().escapeChars(null).quoteChars(null)) // a line is text, not a command
                .option(Option.DISABLE_EVENT_EXPANSION, true) // What!?
                .option(Option.HISTORY_TIMESTAMPED, false)
                .variable(LineReader.HISTORY_FILE, history)
                .build();
        Thread listener = Thread.currentThread();
        terminal.handle(Signal.INT, signal -> listener.interrupt());
    }

    @Override
    public Written next(boolean goesOn) {
        Thread.interrupted(); // a Ctrl-C that came when nothing was left to be stopped
        try {
            return new Line(reader.readLine(goesOn ? "...  " : "you: "));
        } catch (UserInterruptException e) {
            return new Interrupted(e.getPartialLine());
        } catch (EndOfFileException e) {
            return e.getPartialLine() == null ? new End() : new Line(e.getPartialLine());
        }
    }

    @Override
    public void begins() {
        print("model: ");
    }

    /// Calls and what tools say are dimmed.
    @Override
    public void hears(Message piece) {
        String text = PlainText.text(piece.getContent());
        print(
                switch (piece.getRole()) {
                    case ROLE_TOOL_CALL -> dimmed(" [" + text);
                    case ROLE_TOOL_OUTPUT -> dimmed(" = " + text + "] ");
                    default -> text;
                });
    }

    @Override
    public void ended(String figures) {
        print("   " + dimmed(figures) + System.lineSeparator());
    }

    @Override
    public void told(String remark) {
        print(PlainText.text(remark) + System.lineSeparator());
    }

    private void print(String text) {
        terminal.writer().print(text);
        terminal.flush();
    }

    private String dimmed(String text) {
        return new AttributedString(text, AttributedStyle.DEFAULT.faint()).toAnsi(terminal);
    }
}
