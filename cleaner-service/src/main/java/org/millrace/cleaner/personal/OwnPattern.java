package org.millrace.cleaner.personal;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A person's own kind of personal data, by a regular expression of RE2, whose time is linear in the
/// text: no pattern can hang the service.
record OwnPattern(String name, Pattern pattern) implements Finder {

    /// @param file lines of `name<TAB>regular expression`; `#` starts a comment
    /// @throws IOException naming the line that cannot be used, and why
    static List<Finder> read(Path file) throws IOException {
        List<Finder> patterns = new ArrayList<>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] fields = line.split("\t", 2);
            String where = "patterns " + file + ", line " + number + ": ";
            if (fields.length < 2 || !fields[0].matches("[a-z][a-z0-9-]{0,31}")) {
                throw new IOException(where + "expected name<TAB>regular expression, name of a-z, 0-9 and -");
            }
            patterns.add(compile(fields[0], fields[1], where));
        }
        return patterns;
    }

    private static OwnPattern compile(String name, String expression, String where) throws IOException {
        OwnPattern own;
        try {
            own = new OwnPattern(name, Pattern.compile(expression));
        } catch (PatternSyntaxException e) {
            throw new IOException(where + e.getMessage(), e);
        }
        if (own.pattern.matcher("").find()) {
            throw new IOException(where + "the expression matches the empty text, so it would match everywhere");
        }
        if (own.pattern.matcher(own.placeholder()).find()) {
            throw new IOException(where + "the expression matches its own placeholder " + own.placeholder());
        }
        return own;
    }

    @Override
    public String placeholder() {
        return "[" + name + "]";
    }

    @Override
    public List<Span> find(String text) {
        List<Span> spans = new ArrayList<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            if (matcher.end() > matcher.start()) {
                spans.add(new Span(matcher.start(), matcher.end()));
            }
        }
        return spans;
    }
}
