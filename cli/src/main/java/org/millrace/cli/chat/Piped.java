package org.millrace.cli.chat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.millrace.cli.report.PlainText;
import org.millrace.proto.events.v1.Message;

/// Asks line by line from a file or another program, in UTF-8. Its output has answers and nothing else.
public final class Piped implements Asker {

    private final BufferedReader in;
    private final PrintStream out;
    private final PrintStream err;

    public Piped(InputStream in, PrintStream out, PrintStream err) {
        this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        this.out = new PrintStream(out, true, StandardCharsets.UTF_8);
        this.err = new PrintStream(err, true, StandardCharsets.UTF_8);
    }

    @Override
    public Written next(boolean goesOn) {
        try {
            String line = in.readLine();
            return line == null ? new End() : new Line(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void begins() {}

    @Override
    public void hears(Message piece) {
        if (piece.getRole() == Message.Role.ROLE_ASSISTANT) {
            out.print(PlainText.text(piece.getContent()));
        }
    }

    @Override
    public void ended(String figures) {
        out.println();
        if (out.checkError()) {
            throw new UncheckedIOException(new IOException("the answers cannot be written: nobody takes them"));
        }
    }

    @Override
    public void told(String remark) {
        err.println(PlainText.text(remark));
    }
}
