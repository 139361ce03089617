import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorConfiguration;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.monitor.TermFilteredPresearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.util.QueryBuilder;

/** Registers each line of a file as a phrase query, then times, for each line on stdin, one pass over all texts. */
public final class MonitorBench {
  public static void main(String[] arguments) throws Exception {
    Analyzer analyzer = new StandardAnalyzer();
    QueryBuilder builder = new QueryBuilder(analyzer);
    try (Monitor monitor = new Monitor(analyzer, new TermFilteredPresearcher(), new MonitorConfiguration())) {
      List<MonitorQuery> queries = new ArrayList<>();
      for (String term : Files.readAllLines(Path.of(arguments[0]))) {
        Query query = builder.createPhraseQuery("body", term);
        if (query != null) {
          queries.add(new MonitorQuery(Integer.toString(queries.size()), query));
        }
      }
      monitor.register(queries);
      List<String> texts = Files.readAllLines(Path.of(arguments[1]));
      for (int warm = 0; warm < 3; warm++) {
        pass(monitor, texts);
      }
      System.out.println("matches " + pass(monitor, texts));
      ThreadMXBean clock = ManagementFactory.getThreadMXBean();
      while (System.in.read() != -1) {
        if (System.in.available() > 0) {
          System.in.skip(System.in.available());
        }
        long began = clock.getCurrentThreadCpuTime();
        pass(monitor, texts);
        double microseconds = (clock.getCurrentThreadCpuTime() - began) / 1000.0 / texts.size();
        System.out.println("microseconds " + microseconds);
      }
    }
  }

  private static int pass(Monitor monitor, List<String> texts) throws Exception {
    int matches = 0;
    for (String text : texts) {
      Document document = new Document();
      document.add(new TextField("body", text, Field.Store.NO));
      matches += monitor.match(document, QueryMatch.SIMPLE_MATCHER).getMatchCount();
    }
    return matches;
  }
}
