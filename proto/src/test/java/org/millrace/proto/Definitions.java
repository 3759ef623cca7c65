package org.millrace.proto;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The fields and enum values of one `.proto` file, as they are written: descriptors do not keep comments.
/// Reads the way our files are written, one definition a line and comments by `//`.
final class Definitions {

    private static final Pattern PACKAGE = Pattern.compile("package ([\\w.]+);");
    private static final Pattern BLOCK =
            Pattern.compile("(message|enum|oneof|extend|service|rpc)\\b\\s*([\\w.]+).*\\{");
    private static final Pattern FIELD =
            Pattern.compile("(?:(?:repeated |optional )?(?:map<.+>|[\\w.]+) )?(\\w+) = (\\d+)(?: \\[.*)?;");
    private static final Pattern COMMENT = Pattern.compile("//\\s*\\S");

    private final Deque<String> scopes = new ArrayDeque<>();
    private final List<Definition> found = new ArrayList<>();

    private Definitions() {}

    /// A field or enum value.
    ///
    /// @param name as in [Inventory]
    /// @param explained by a comment behind it or on the line above
    record Definition(String name, boolean explained) {}

    static List<Definition> of(List<String> lines) {
        var definitions = new Definitions();
        String above = "";
        for (String line : lines) {
            definitions.read(line.strip(), above);
            above = line.strip();
        }
        return definitions.found;
    }

    private void read(String line, String above) {
        int comment = line.indexOf("//");
        String code = (comment < 0 ? line : line.substring(0, comment)).strip();
        Matcher start = PACKAGE.matcher(code);
        Matcher block = BLOCK.matcher(code);
        Matcher field = FIELD.matcher(code);
        if (start.matches()) {
            scopes.push(start.group(1));
        } else if (block.matches() && !code.endsWith("}")) {
            scopes.push(
                    block.group(1).matches("message|enum")
                            ? scopes.element() + "." + block.group(2)
                            : scopes.element());
        } else if (code.equals("}")) {
            scopes.pop();
        } else if (field.matches()) {
            boolean explained =
                    comment >= 0 && COMMENT.matcher(line.substring(comment)).lookingAt()
                            || COMMENT.matcher(above).lookingAt();
            found.add(new Definition(
                    Inventory.numbered(scopes.element(), field.group(1), Integer.parseInt(field.group(2))), explained));
        }
    }
}
