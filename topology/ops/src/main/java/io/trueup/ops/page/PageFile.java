package io.trueup.ops.page;

import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import io.trueup.ops.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A file of the page, kept in memory. Immutable. */
public final class PageFile implements Resource {

    private static final List<String> NAMES = List.of(
            "page.css",
            "icon.svg",
            "page.js",
            "actions.js",
            "audits.js",
            "feed.js",
            "key.js",
            "matrix.js",
            "partition.js",
            "places.js",
            "round.js",
            "rounds.js",
            "states.js",
            "text.js",
            "tree.js",
            "vendor/preact.mjs",
            "vendor/hooks.mjs",
            "vendor/htm.mjs",
            "vendor/uPlot.js",
            "vendor/uPlot.css",
            "vendor/LICENSES.txt");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "mjs", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml",
            "txt", "text/plain; charset=utf-8");

    private final Answer answer;

    private PageFile(String name) {
        try (InputStream in = PageFile.class.getResourceAsStream(name)) {
            answer = new Answer(200, TYPES.get(name.substring(name.lastIndexOf('.') + 1)), in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(name + " cannot be read", e);
        }
    }

    /** The paths of the page: {@code /}, and those that it loads. */
    public static List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        routes.add(Route.guarded("/", new PageFile("index.html")));
        NAMES.forEach(name -> routes.add(Route.guarded('/' + name, new PageFile(name))));
        return routes;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow();
        return answer;
    }
}
