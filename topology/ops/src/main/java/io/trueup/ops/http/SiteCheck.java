package io.trueup.ops.http;

import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;

/**
 * Refuses what a page of another origin asks for. Such a page cannot read an answer, but what it asks for would take up the few threads
 * and event streams that there are, with credentials that the browser adds by itself. A link to the page of this process works: browsers
 * say that a navigation of the whole window has made the request.
 */
final class SiteCheck {

    static final String SITE = "Sec-Fetch-Site";
    static final String SAME_ORIGIN = "same-origin";

    private static final String MODE = "Sec-Fetch-Mode";
    private static final String DESTINATION = "Sec-Fetch-Dest";
    private static final String PAGE = "/";
    private static final Set<String> FOREIGN = Set.of("cross-site", "same-site");

    private SiteCheck() {}

    /** Why a request is refused; empty if it is not. */
    static Optional<Answer> refusal(String path, HttpFields headers) {
        boolean isLink = path.equals(PAGE)
                && "navigate".equals(headers.get(MODE))
                && "document".equals(headers.get(DESTINATION));
        String site = headers.get(SITE);
        return site != null && FOREIGN.contains(site) && !isLink ? Optional.of(foreign()) : Optional.empty();
    }

    /** The answer to a page of another origin. */
    static Answer foreign() {
        return Answer.problem(
                HttpStatus.FORBIDDEN_403,
                "Forbidden",
                "a page of another origin has sent the request; only the page of this process may do that, and other pages may"
                        + " link to " + PAGE);
    }
}
