package org.millrace.inference.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpServerResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.TimeoutException;
import org.millrace.inference.Drawn;
import org.millrace.inference.Scored;

/// Sends one reply as its tokens come: whole, or as events that a server sends (SSE). For one virtual thread.
/// The first token of a choice and its last go at once; those between share an event each 20 ms, as gRPC's do.
final class Replying {

    private final Reply reply;
    private final Events events;
    private final HttpServerResponse out;
    private final EventStream stream;
    private final Witness witness;
    private final Pieces answers;
    private final Map<Integer, List<Scored>> scores = new HashMap<>(); // by prompt
    private final Set<Integer> begun = new HashSet<>(); // choices
    private int left;
    private int known;
    private int drawn;

    Replying(Reply reply, Events events, HttpServerResponse out, Witness witness) {
        this.reply = reply;
        this.events = events;
        this.out = out;
        this.stream = new EventStream(out);
        this.witness = witness;
        this.left = reply.ask().choices();
        this.answers = new Pieces(left);
    }

    /// Returns when all is said or the caller has gone.
    void run() throws InterruptedException {
        try {
            while (left > 0) {
                Events.Batch batch = events.next(reply.ask().stream());
                for (Events.Event event : batch.events()) {
                    switch (event) {
                        case Events.Event.Begun(int ofPrompt) -> known += ofPrompt;
                        case Events.Event.Read(int choice, var ofPrompt) -> scores.put(prompt(choice), ofPrompt);
                        case Events.Event.Token(int choice, var token) -> {
                            echo(choice);
                            say(choice, token);
                        }
                        case Events.Event.Broken(Throwable cause) -> {
                            fail(ApiError.of(cause));
                            return;
                        }
                        case Events.Event.Left() -> {
                            return;
                        }
                    }
                }
                settle(batch.beat());
            }
            witness.end();
            finish();
        } catch (TimeoutException e) {
            fail(ApiError.of(e));
        }
    }

    private int prompt(int choice) {
        return choice / reply.ask().samples();
    }

    private void echo(int choice) {
        if (begun.add(choice) && reply.ask().logProbs().echo()) {
            answers.of(choice)
                    .echo(
                            reply.prompts().get(prompt(choice)),
                            scores.getOrDefault(prompt(choice), List.of()),
                            reply.served().tokenizer());
        }
    }

    private void say(int choice, Drawn token) {
        if (reply.ask().isOfPromptsAlone()) {
            answers.of(choice).end(Drawn.Finish.LENGTH);
        } else {
            answers.of(choice).add(token);
            witness.drawn(choice, token);
            drawn++;
        }
    }

    /// After each batch of events.
    private void settle(boolean beat) {
        if (!reply.ask().stream()) {
            left = (int) answers.all().stream()
                    .filter(answer -> answer.finish() == null)
                    .count();
            return;
        }
        SortedMap<Integer, Piece> said = answers.take(beat);
        if (said.isEmpty()) {
            return;
        }
        begin();
        said.forEach((choice, piece) -> {
            if (!piece.text().isEmpty()
                    || !piece.calls().isEmpty()
                    || piece.finish() != null
                    || reply.ask().logProbs().drawn()) {
                send(reply.chunk(choice, piece));
            }
            if (piece.finish() != null) {
                left--;
            }
        });
    }

    /// Only now, so that whoever fails before says so with a status.
    private void begin() {
        if (stream.hasBegun()) {
            return;
        }
        for (int choice = 0; choice < reply.ask().choices() && reply.ask().chat(); choice++) {
            send(reply.opening(choice));
        }
    }

    private void finish() {
        if (!reply.ask().stream()) {
            Json.send(out, 200, reply.whole(answers.all(), scores, used()));
            return;
        }
        if (reply.ask().usage()) {
            send(reply.usageChunk(used()));
        }
        stream.send("[DONE]");
        stream.end();
    }

    private Reply.Used used() {
        return new Reply.Used(known, drawn);
    }

    private void fail(ApiError error) {
        if (stream.hasBegun()) {
            settle(true); // what came before
            send(error.json());
            stream.end();
        } else {
            Json.send(out, error);
        }
    }

    private void send(ObjectNode message) {
        stream.send(message.toString());
    }
}
