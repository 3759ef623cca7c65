package org.millrace.crawler.manners;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.NormalUrl;

/// Learns what an origin asks of robots, one request after the other. The caller requests [#next] until
/// there is none, and tells what came of each.
///
/// ```text
///   robots.txt ──► ai.txt ──► tdmrep.json ──► rules
///       │  forbids everything, or the next file: skipped
///       └─ each followed through at most five redirects, also to other hosts
/// ```
///
/// A robots.txt that cannot be reached is asked for again, after rests as long as those of a host.
public final class Inquiry {

    /// RFC 9309 section 2.3.1.2.
    static final int MAX_REDIRECTS = 5;

    private static final Duration DAY = Duration.ofHours(24);

    /// A file that could not be read is looked at again sooner.
    private static final Duration UNREADABLE = Duration.ofHours(1);

    private final NormalUrl page;
    private final Manners manners;

    private Step step = Step.ROBOTS;
    private @Nullable NormalUrl next;
    private int redirects;
    private String barred = "";
    private RobotsTxt txt = RobotsTxt.EMPTY;
    private AiTxt ai = AiTxt.NONE;
    private TdmFile tdm = TdmFile.NONE;
    private boolean unreadable;
    private Standing standing = Standing.GOOD;

    Inquiry(NormalUrl page, Manners manners) {
        this.page = page;
        this.manners = manners;
        next = at("/robots.txt");
    }

    private enum Step {
        ROBOTS,
        AI,
        TDM
    }

    /// What is to be requested now, as [Fetcher.Wanted#ROBOTS]; empty once the rules are known.
    public Optional<NormalUrl> next() {
        return Optional.ofNullable(next);
    }

    /// How the origin stands with whoever asks for its robots.txt.
    public Standing standing() {
        return standing;
    }

    /// Nobody knows what robots.txt says: the server, or the way to it, failed (RFC 9309 section 2.3.1.4).
    public boolean isUnreachable(Fetch answer) {
        return step == Step.ROBOTS
                && isUnreadable(answer)
                && !(answer instanceof Fetch.Failed(var _, boolean mayPass) && !mayPass);
    }

    /// Puts off what [#isUnreachable]; false once that was done often or for long enough, and the answer is
    /// to be believed.
    ///
    /// @param chance 0 to 1, evenly drawn
    public boolean waits(Politeness politeness, Fetch answer, Instant now, double chance) {
        Standing before = standing;
        standing = politeness.unreachable(before, answer, now, chance);
        return standing.givenUpUntil().equals(before.givenUpUntil());
    }

    /// @param answer to the request for [#next]
    public void answered(Fetch answer) {
        NormalUrl asked = next;
        if (asked == null) {
            throw new IllegalStateException("nothing was to be requested");
        }
        if (answer instanceof Fetch.Redirected(var _, NormalUrl to) && redirects < MAX_REDIRECTS) {
            Optional<String> refusal = manners.scope().refusal(to);
            if (refusal.isEmpty()) {
                redirects++;
                next = to;
                return;
            }
            learn(asked, new Fetch.Disallowed(refusal.get()));
        } else {
            learn(asked, answer);
        }
        redirects = 0;
        next = following();
    }

    /// What was learned so far; all of it once there is nothing to request.
    public Robots rules() {
        return new Robots(barred, txt, ai, tdm);
    }

    Duration keep() {
        return unreadable ? UNREADABLE : DAY;
    }

    private void learn(NormalUrl asked, Fetch answer) {
        switch (step) {
            case ROBOTS -> learnRobots(asked, answer);
            case AI -> {
                if (answer instanceof Fetch.Fetched(var _, byte[] body, var _)) {
                    ai = AiTxt.read(asked, body, manners.agent());
                }
                unreadable |= isUnreadable(answer);
            }
            case TDM -> {
                if (answer instanceof Fetch.Fetched(var _, byte[] body, var _)) {
                    tdm = TdmFile.read(body);
                }
                unreadable |= isUnreadable(answer);
            }
        }
    }

    /// A 4xx answer means that there are no rules, and so do more redirects than are followed; any other
    /// failure means that everything is forbidden until robots.txt can be read (RFC 9309 section 2.3.1).
    /// 429 is a busy server, no missing file.
    private void learnRobots(NormalUrl asked, Fetch answer) {
        switch (answer) {
            case Fetch.Fetched(var _, byte[] body, var _) -> txt = RobotsTxt.read(asked, body, manners.agent());
            case Fetch.HttpError(int status, var _) when !isUnreadable(answer) -> txt = RobotsTxt.EMPTY;
            case Fetch.HttpError(int status, var _) -> bar("status " + status);
            case Fetch.Failed(String why, var _) -> bar(why);
            case Fetch.Disallowed(String why) -> bar(why);
            case Fetch.Redirected _ -> txt = RobotsTxt.EMPTY;
            case Fetch.Unchanged _ -> throw new IllegalStateException("robots.txt is asked for unconditionally");
        }
    }

    private void bar(String why) {
        barred = "robots.txt could not be read: " + why;
        unreadable = true;
    }

    private static boolean isUnreadable(Fetch answer) {
        return answer instanceof Fetch.Failed
                || answer instanceof Fetch.HttpError(int status, var _) && (status / 100 != 4 || status == 429);
    }

    private @Nullable NormalUrl following() {
        if (!barred.isEmpty()) {
            return null;
        }
        while (step != Step.TDM) {
            step = step == Step.ROBOTS ? Step.AI : Step.TDM;
            NormalUrl file = at(step == Step.AI ? "/ai.txt" : "/.well-known/tdmrep.json");
            boolean heeded = step == Step.AI
                    ? manners.signals().aiTxt()
                    : manners.signals().tdmReservation();
            // Who forbids everything is asked nothing more.
            if (heeded && txt.allow(file)) {
                return file;
            }
        }
        return null;
    }

    private NormalUrl at(String path) {
        return new NormalUrl(page.scheme(), page.host(), page.port(), path);
    }
}
