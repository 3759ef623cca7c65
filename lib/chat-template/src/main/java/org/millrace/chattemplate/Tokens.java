package org.millrace.chattemplate;

import java.util.List;
import org.millrace.chattemplate.Token.Kind;

/// The tokens of a template, read from first to last, and how deep what is read is nested.
final class Tokens {

    /// Of brackets, blocks and conditions in each other. Templates of models have some ten.
    static final int DEEPEST = 100;

    private final List<Token> tokens;
    private int position;
    private int depth;

    Tokens(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(position);
    }

    /// The one behind [#peek].
    Token second() {
        return tokens.get(Math.min(position + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = peek();
        position = Math.min(position + 1, tokens.size() - 1);
        return token;
    }

    boolean accept(Kind kind, String text) {
        if (!peek().is(kind, text)) {
            return false;
        }
        position++;
        return true;
    }

    boolean acceptName(String name) {
        return accept(Kind.NAME, name);
    }

    boolean acceptSymbol(String symbol) {
        return accept(Kind.SYMBOL, symbol);
    }

    Token expect(Kind kind, String expected) {
        if (peek().kind() != kind) {
            throw expected(expected);
        }
        return next();
    }

    void expectSymbol(String symbol) {
        if (!acceptSymbol(symbol)) {
            throw expected(symbol);
        }
    }

    void expectName(String name) {
        if (!acceptName(name)) {
            throw expected(name);
        }
    }

    IllegalArgumentException expected(String expected) {
        return peek().at().error("expected %s, got %s".formatted(expected, peek().shown()));
    }

    void enter() {
        if (++depth > DEEPEST) {
            throw peek().at().error("nesting: expected at most %d levels, got more".formatted(DEEPEST));
        }
    }

    void leave() {
        depth--;
    }
}
