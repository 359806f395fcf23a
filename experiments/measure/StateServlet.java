import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Does to its session what the request asks for, and answers with what it found.
 *
 * <p>Parameters: c = the counter is read, raised by one and set; r = it is read; m = an int[1] is changed in place;
 * s = that int[1] is set; p=N = N fresh random bytes are set; none of them = the session is left alone.
 * Answer: id of the session, 1 if it is new, the counter before (-1 = there was none).
 */
@WebServlet("/state")
public class StateServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    response.setContentType("text/plain");
    if (request.getQueryString() == null) {
      response.getWriter().print("none 0 -1");
      return;
    }
    HttpSession session = request.getSession();
    Object before = session.getAttribute("c");
    int counter = before instanceof Integer ? (Integer) before : -1;
    if (request.getParameter("c") != null) {
      session.setAttribute("c", Integer.valueOf(Math.max(0, counter) + 1));
    }
    String bytes = request.getParameter("p");
    if (bytes != null) {
      byte[] payload = new byte[Integer.parseInt(bytes)];
      ThreadLocalRandom.current().nextBytes(payload);
      session.setAttribute("p", payload);
    }
    if (request.getParameter("s") != null) {
      session.setAttribute("m", new int[1]);
    }
    if (request.getParameter("m") != null && session.getAttribute("m") instanceof int[]) {
      ((int[]) session.getAttribute("m"))[0]++;
    }
    response.getWriter().print(session.getId() + (session.isNew() ? " 1 " : " 0 ") + counter);
  }
}
