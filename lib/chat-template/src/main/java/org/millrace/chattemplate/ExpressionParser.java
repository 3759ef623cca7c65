package org.millrace.chattemplate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.chattemplate.Token.Kind;

/// Reads expressions, with Jinja's precedence: `if else`, `or`, `and`, `not`, comparison and `in`, `+ -`, `~`,
/// `* / // %`, sign, and tightest filters and `is`.
final class ExpressionParser {

    static final Set<String> RESERVED = Set.of("and", "or", "not", "in", "is", "if", "else", "elif");

    private static final int OR = 1;
    private static final int AND = 2;
    private static final int NOT = 3;
    private static final int COMPARE = 4;
    private static final Map<String, Integer> LEVELS = Map.of("+", 5, "-", 5, "~", 6, "*", 7, "/", 7, "//", 7, "%", 7);
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final Tokens tokens;

    ExpressionParser(Tokens tokens) {
        this.tokens = tokens;
    }

    /// With commas a list, as Python's tuples are.
    Expr list() {
        Site at = tokens.peek().at();
        Expr first = expression();
        if (!tokens.peek().isSymbol(",")) {
            return first;
        }
        List<Expr> items = new ArrayList<>(List.of(first));
        while (tokens.acceptSymbol(",") && startsExpression()) {
            items.add(expression());
        }
        return new Expr.ListOf(at, items);
    }

    private boolean startsExpression() {
        return switch (tokens.peek().kind()) {
            case NAME, TEXT, INTEGER, REAL -> true;
            case SYMBOL ->
                Set.of("(", "[", "{", "-", "+").contains(tokens.peek().text());
            default -> false;
        };
    }

    Expr expression() {
        tokens.enter();
        Site at = tokens.peek().at();
        Expr then = binary(OR);
        if (tokens.acceptName("if")) {
            Expr test = binary(OR);
            then = new Expr.Conditional(at, then, test, tokens.acceptName("else") ? expression() : null);
        }
        tokens.leave();
        return then;
    }

    /// Without a condition of its own: what stands before the `if` of a loop.
    Expr unconditional() {
        return binary(OR);
    }

    private Expr binary(int level) {
        Expr left = prefixed(level);
        while (true) {
            Token token = tokens.peek();
            int found = level(token);
            if (found < level) {
                return left;
            }
            if (found == COMPARE) {
                left = new Expr.Compare(token.at(), left, steps());
                continue;
            }
            tokens.next();
            Expr right = binary(found + 1);
            left = switch (found) {
                case OR -> new Expr.Or(token.at(), left, right);
                case AND -> new Expr.And(token.at(), left, right);
                default -> new Expr.Binary(token.at(), token.text(), left, right);
            };
        }
    }

    private int level(Token token) {
        return switch (token.kind()) {
            case NAME ->
                switch (token.text()) {
                    case "or" -> OR;
                    case "and" -> AND;
                    case "in" -> COMPARE;
                    case "not" -> tokens.second().isName("in") ? COMPARE : 0;
                    default -> 0;
                };
            case SYMBOL -> COMPARISONS.contains(token.text()) ? COMPARE : LEVELS.getOrDefault(token.text(), 0);
            default -> 0;
        };
    }

    private List<Expr.Step> steps() {
        List<Expr.Step> steps = new ArrayList<>();
        while (level(tokens.peek()) == COMPARE) {
            String operator = tokens.next().text();
            if (operator.equals("not")) {
                tokens.expectName("in");
                operator = "not in";
            }
            steps.add(new Expr.Step(operator, binary(COMPARE + 1)));
        }
        return steps;
    }

    private Expr prefixed(int level) {
        Token token = tokens.peek();
        if (level <= NOT && token.isName("not")) {
            tokens.enter();
            tokens.next();
            Expr not = new Expr.Not(token.at(), binary(NOT));
            tokens.leave();
            return not;
        }
        return filtered(unary());
    }

    private Expr unary() {
        Token token = tokens.peek();
        if (!token.isSymbol("-") && !token.isSymbol("+")) {
            return postfixed(primary());
        }
        tokens.enter();
        tokens.next();
        Expr of = unary();
        tokens.leave();
        return token.isSymbol("-")
                ? new Expr.Negative(token.at(), of)
                : new Expr.Binary(token.at(), "+", new Expr.Literal(token.at(), new Value.Int(0)), of);
    }

    private Expr primary() {
        Token token = tokens.peek();
        Site at = token.at();
        switch (token.kind()) {
            case NAME -> {
                if (RESERVED.contains(token.text())) {
                    throw tokens.expected("an expression");
                }
                tokens.next();
                return switch (token.text()) {
                    case "true", "True" -> new Expr.Literal(at, new Value.Bool(true));
                    case "false", "False" -> new Expr.Literal(at, new Value.Bool(false));
                    case "none", "None" -> new Expr.Literal(at, Value.None.NONE);
                    default -> new Expr.Name(at, token.text());
                };
            }
            case TEXT -> {
                StringBuilder text = new StringBuilder();
                while (tokens.peek().kind() == Kind.TEXT) {
                    text.append(tokens.next().text());
                }
                return new Expr.Literal(at, Text.trusted(text.toString()));
            }
            case INTEGER -> {
                return new Expr.Literal(at, new Value.Int(integer(tokens.next())));
            }
            case REAL -> {
                return new Expr.Literal(
                        at, new Value.Real(Double.parseDouble(tokens.next().text())));
            }
            default -> {
                return bracketed(at);
            }
        }
    }

    private static long integer(Token token) {
        String digits = token.text();
        if (digits.length() > 1 && digits.startsWith("0")) {
            throw token.at().error("integer: expected no 0 in front, got " + digits);
        }
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw token.at().error("integer: expected at most %d, got %s".formatted(Long.MAX_VALUE, digits));
        }
    }

    private Expr bracketed(Site at) {
        if (tokens.acceptSymbol("(")) {
            if (tokens.acceptSymbol(")")) {
                return new Expr.ListOf(at, List.of());
            }
            Expr inside = list();
            tokens.expectSymbol(")");
            return inside;
        }
        if (tokens.acceptSymbol("[")) {
            return new Expr.ListOf(at, items("]"));
        }
        if (tokens.acceptSymbol("{")) {
            List<Expr.Entry> entries = new ArrayList<>();
            while (!tokens.acceptSymbol("}")) {
                Expr key = expression();
                tokens.expectSymbol(":");
                entries.add(new Expr.Entry(key, expression()));
                comma("}");
            }
            return new Expr.DictOf(at, entries);
        }
        throw tokens.expected("an expression");
    }

    private List<Expr> items(String close) {
        List<Expr> items = new ArrayList<>();
        while (!tokens.acceptSymbol(close)) {
            items.add(expression());
            comma(close);
        }
        return items;
    }

    private void comma(String close) {
        if (!tokens.acceptSymbol(",") && !tokens.peek().isSymbol(close)) {
            throw tokens.expected(", or " + close);
        }
    }

    private Expr postfixed(Expr start) {
        Expr of = start;
        while (true) {
            Site at = tokens.peek().at();
            if (tokens.acceptSymbol(".")) {
                of = new Expr.Attribute(
                        at, of, tokens.expect(Kind.NAME, "a name").text());
            } else if (tokens.acceptSymbol("[")) {
                of = subscript(at, of);
            } else if (tokens.peek().isSymbol("(")) {
                of = new Expr.Call(at, of, given());
            } else {
                return of;
            }
        }
    }

    private Expr subscript(Site at, Expr of) {
        Expr start = tokens.peek().isSymbol(":") ? null : expression();
        if (start != null && tokens.acceptSymbol("]")) {
            return new Expr.Subscript(at, of, start);
        }
        tokens.expectSymbol(":");
        Expr stop = bound();
        Expr step = tokens.acceptSymbol(":") ? bound() : null;
        tokens.expectSymbol("]");
        return new Expr.Slice(at, of, start, stop, step);
    }

    private @Nullable Expr bound() {
        return tokens.peek().isSymbol(":") || tokens.peek().isSymbol("]") ? null : expression();
    }

    private Expr.Given given() {
        tokens.expectSymbol("(");
        List<Expr> positional = new ArrayList<>();
        List<Expr.Named> named = new ArrayList<>();
        while (!tokens.acceptSymbol(")")) {
            if (tokens.peek().kind() == Kind.NAME && tokens.second().isSymbol("=")) {
                String name = tokens.next().text();
                tokens.next();
                named.add(new Expr.Named(name, expression()));
            } else if (named.isEmpty()) {
                positional.add(expression());
            } else {
                throw tokens.expected("name=value");
            }
            comma(")");
        }
        return new Expr.Given(positional, named);
    }

    private Expr filtered(Expr start) {
        Expr of = start;
        while (true) {
            Site at = tokens.peek().at();
            if (tokens.acceptSymbol("|")) {
                String name = known(Filters.ALL.keySet(), "a filter");
                of = new Expr.Filter(at, of, name, tokens.peek().isSymbol("(") ? given() : Expr.Given.NOTHING);
            } else if (tokens.acceptName("is")) {
                boolean negated = tokens.acceptName("not");
                String test = known(Tests.ALL.keySet(), "a test");
                Expr is = new Expr.Is(at, of, test, testGiven(test));
                of = negated ? new Expr.Not(at, is) : is;
            } else {
                return of;
            }
        }
    }

    private String known(Set<String> names, String what) {
        Token name = tokens.peek();
        if (name.kind() != Kind.NAME || !names.contains(name.text())) {
            throw tokens.expected(
                    "%s out of %s".formatted(what, names.stream().sorted().toList()));
        }
        return tokens.next().text();
    }

    /// `is equalto x` or `is equalto(x)`.
    private Expr.Given testGiven(String test) {
        if (tokens.peek().isSymbol("(")) {
            return given();
        }
        return Tests.TWO_SIDED.contains(test)
                ? new Expr.Given(List.of(postfixed(primary())), List.of())
                : Expr.Given.NOTHING;
    }
}
