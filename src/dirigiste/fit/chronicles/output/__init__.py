"""What the estimation of chronicles gives to users: tables, figures, files."""
