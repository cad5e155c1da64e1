package io.trueup.ops.http;

import java.util.Locale;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;

/**
 * Refuses actions that the holder of the credentials may not have meant. A browser sends the credentials of basic authentication by
 * itself, also with what a page of another origin posts. Such a page can neither set a header of its own nor a type of JSON without a
 * permission that this server never gives, and a browser names the origin in headers that no page can change.
 */
final class ActionCheck {

    /** A header that only a client of this interface sends, with the value 1. */
    static final String ACTION_HEADER = "X-Trueup-Action";

    private static final String JSON = "application/json";

    private ActionCheck() {}

    /** Why a request is refused; empty if it is not. */
    static Optional<Answer> refusal(HttpFields headers) {
        String site = headers.get(SiteCheck.SITE);
        String origin = headers.get(HttpHeader.ORIGIN);
        boolean foreign =
                site != null ? !site.equals(SiteCheck.SAME_ORIGIN) : origin != null && !isSame(origin, headers);
        if (foreign) {
            return Optional.of(SiteCheck.foreign());
        }
        if (!"1".equals(headers.get(ACTION_HEADER))) {
            return Optional.of(Answer.problem(
                    HttpStatus.FORBIDDEN_403,
                    "Forbidden",
                    "an action needs the header " + ACTION_HEADER + ": 1, which pages of other origins cannot send"));
        }
        String type = headers.get(HttpHeader.CONTENT_TYPE);
        if (type == null || !type.split(";", 2)[0].strip().equalsIgnoreCase(JSON)) {
            return Optional.of(Answer.problem(
                    HttpStatus.UNSUPPORTED_MEDIA_TYPE_415,
                    "Unsupported Media Type",
                    "an action needs a body of the type " + JSON + ", named in the header Content-Type"));
        }
        return Optional.empty();
    }

    /** Whether an origin, such as {@code https://host:8484}, has the host and port to which the request was sent. */
    private static boolean isSame(String origin, HttpFields headers) {
        String host = headers.get(HttpHeader.HOST);
        int end = origin.indexOf("://");
        return host != null
                && end > 0
                && origin.substring(end + 3).toLowerCase(Locale.ROOT).equals(host.toLowerCase(Locale.ROOT));
    }
}
