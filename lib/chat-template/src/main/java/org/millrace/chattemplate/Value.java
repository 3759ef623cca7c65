package org.millrace.chattemplate;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What an expression can be. There is nothing behind a value: no class, no file, no clock but the given one.
sealed interface Value permits Text, Value.Other {

    sealed interface Other extends Value {}

    /// What has no value. May be tested and printed (as nothing), but not counted on.
    record Undefined(String name) implements Other {}

    enum None implements Other {
        NONE
    }

    record Bool(boolean value) implements Other {}

    record Int(long value) implements Other {}

    record Real(double value) implements Other {}

    record Seq(List<Value> items) implements Other {}

    /// @param entries in their order
    record Dict(Map<Text, Value> entries) implements Other {}

    /// The one thing that a template can change.
    record Namespace(Map<String, Value> fields) implements Other {}

    record Loop(List<Value> items, int index) implements Other {}

    record Macro(Node.Macro definition, Scope scope) implements Other {}

    enum Function implements Other {
        NAMESPACE,
        RAISE_EXCEPTION,
        RANGE,
        STRFTIME_NOW
    }

    /// What the names stand for that are not variables.
    static @Nullable Function function(String name) {
        return switch (name) {
            case "namespace" -> Function.NAMESPACE;
            case "raise_exception" -> Function.RAISE_EXCEPTION;
            case "range" -> Function.RANGE;
            case "strftime_now" -> Function.STRFTIME_NOW;
            default -> null;
        };
    }

    /// As Python: nothing, zero and the empty are false.
    static boolean isTrue(Value value) {
        return switch (value) {
            case Text text -> !text.isEmpty();
            case Undefined _, None _ -> false;
            case Bool(boolean is) -> is;
            case Int(long number) -> number != 0;
            case Real(double number) -> number != 0;
            case Seq(var items) -> !items.isEmpty();
            case Dict(var entries) -> !entries.isEmpty();
            case Namespace _, Loop _, Macro _, Function _ -> true;
        };
    }

    /// For messages.
    static String kind(Value value) {
        return switch (value) {
            case Text _ -> "text";
            case Undefined(String name) -> "%s, which is undefined".formatted(name);
            case None _ -> "none";
            case Bool _ -> "a boolean";
            case Int _ -> "an integer";
            case Real _ -> "a number";
            case Seq _ -> "a list";
            case Dict _ -> "a dict";
            case Namespace _ -> "a namespace";
            case Loop _ -> "loop";
            case Macro _ -> "a macro";
            case Function _ -> "a function";
        };
    }

    static Namespace namespace(Map<String, Value> fields) {
        return new Namespace(new HashMap<>(fields));
    }
}
