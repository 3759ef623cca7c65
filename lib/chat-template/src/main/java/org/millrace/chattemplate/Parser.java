package org.millrace.chattemplate;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.chattemplate.Token.Kind;

/// Reads the statements of a template.
final class Parser {

    private static final Set<String> CONSTANTS = Set.of("true", "True", "false", "False", "none", "None");

    private final Tokens tokens;
    private final ExpressionParser expressions;

    Parser(List<Token> all) {
        tokens = new Tokens(all);
        expressions = new ExpressionParser(tokens);
    }

    List<Node> template() {
        List<Node> nodes = body(Set.of());
        if (tokens.peek().kind() != Kind.END) {
            throw tokens.expected("text, {{ or {%");
        }
        return nodes;
    }

    /// Up to a block whose name is one of `ends`; the name is the next token then.
    private List<Node> body(Set<String> ends) {
        tokens.enter();
        List<Node> nodes = new ArrayList<>();
        while (true) {
            Token token = tokens.next();
            switch (token.kind()) {
                case DATA -> nodes.add(new Node.Data(token.at(), Text.trusted(token.text())));
                case OUTPUT_START -> {
                    nodes.add(new Node.Output(token.at(), expressions.list()));
                    tokens.expect(Kind.OUTPUT_END, "}}");
                }
                case BLOCK_START -> {
                    if (tokens.peek().kind() == Kind.NAME
                            && ends.contains(tokens.peek().text())) {
                        tokens.leave();
                        return nodes;
                    }
                    nodes.add(block(ends));
                }
                default -> {
                    if (!ends.isEmpty()) {
                        throw token.at()
                                .error("block: expected one of %s, got %s"
                                        .formatted(ends.stream().sorted().toList(), token.shown()));
                    }
                    tokens.leave();
                    return nodes;
                }
            }
        }
    }

    private Node block(Set<String> ends) {
        Token name = tokens.next();
        return switch (name.kind() == Kind.NAME ? name.text() : "") {
            case "if" -> conditional();
            case "for" -> loop(name.at());
            case "set" -> set(name.at());
            case "macro" -> macro(name.at());
            default ->
                throw name.at()
                        .error("block: expected if, for, set or macro%s, got %s"
                                .formatted(
                                        ends.isEmpty()
                                                ? ""
                                                : " or one of "
                                                        + ends.stream().sorted().toList(),
                                        name.shown()));
        };
    }

    private Node conditional() {
        List<Node.Branch> branches = new ArrayList<>();
        List<Node> otherwise = List.of();
        do {
            Expr test = expressions.list();
            blockEnd();
            branches.add(new Node.Branch(test, body(Set.of("elif", "else", "endif"))));
        } while (tokens.acceptName("elif"));
        if (tokens.acceptName("else")) {
            blockEnd();
            otherwise = body(Set.of("endif"));
        }
        tokens.expectName("endif");
        blockEnd();
        return new Node.If(branches, otherwise);
    }

    private Node loop(Site at) {
        List<String> targets = names();
        tokens.expectName("in");
        Expr items = expressions.unconditional();
        Expr filter = tokens.acceptName("if") ? expressions.expression() : null;
        blockEnd();
        List<Node> body = body(Set.of("else", "endfor"));
        List<Node> otherwise = List.of();
        if (tokens.acceptName("else")) {
            blockEnd();
            otherwise = body(Set.of("endfor"));
        }
        tokens.expectName("endfor");
        blockEnd();
        return new Node.For(at, targets, items, filter, body, otherwise);
    }

    private List<String> names() {
        boolean bracketed = tokens.acceptSymbol("(");
        List<String> names = new ArrayList<>();
        do {
            names.add(assignable());
        } while (tokens.acceptSymbol(","));
        if (bracketed) {
            tokens.expectSymbol(")");
        }
        return names;
    }

    private String assignable() {
        Token name = tokens.peek();
        if (name.kind() != Kind.NAME
                || CONSTANTS.contains(name.text())
                || ExpressionParser.RESERVED.contains(name.text())
                || name.text().equals("loop")) {
            throw tokens.expected("a name to set");
        }
        return tokens.next().text();
    }

    private Node set(Site at) {
        Node.Target target = target();
        if (tokens.acceptSymbol("=")) {
            Expr value = expressions.list();
            blockEnd();
            return new Node.Set(at, target, value);
        }
        if (tokens.peek().kind() != Kind.BLOCK_END
                || target instanceof Node.Target.Names(var names) && names.size() > 1) {
            throw tokens.expected("=");
        }
        blockEnd();
        List<Node> body = body(Set.of("endset"));
        tokens.expectName("endset");
        blockEnd();
        return new Node.SetBlock(at, target, body);
    }

    private Node.Target target() {
        if (tokens.second().isSymbol(".")) {
            String namespace = assignable();
            tokens.expectSymbol(".");
            return new Node.Target.Field(
                    namespace, tokens.expect(Kind.NAME, "a name").text());
        }
        return new Node.Target.Names(names());
    }

    private Node macro(Site at) {
        String name = assignable();
        tokens.expectSymbol("(");
        List<Node.Parameter> parameters = new ArrayList<>();
        while (!tokens.acceptSymbol(")")) {
            String parameter = assignable();
            parameters.add(new Node.Parameter(parameter, otherwise()));
            if (!tokens.acceptSymbol(",") && !tokens.peek().isSymbol(")")) {
                throw tokens.expected(", or )");
            }
        }
        blockEnd();
        List<Node> body = body(Set.of("endmacro"));
        tokens.expectName("endmacro");
        blockEnd();
        return new Node.Macro(at, name, parameters, body);
    }

    private @Nullable Expr otherwise() {
        return tokens.acceptSymbol("=") ? expressions.expression() : null;
    }

    private void blockEnd() {
        tokens.expect(Kind.BLOCK_END, "%}");
    }
}
