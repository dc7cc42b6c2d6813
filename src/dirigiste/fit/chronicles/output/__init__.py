"""What the estimation and the draws of chronicles give to users: tables, figures, files."""
